"""Write labels as NRRD or MetaImage, the formats of ITK, Slicer and their kin.

Both are a few lines of text before compressed bytes, and both speak LPS as we do, so no library is needed. Axes are
named x first, which reverses the affine's columns; the bytes stay as they lie in memory.

References
----------
NRRD0005, https://teem.sourceforge.net/nrrd/format.html; MetaIO, https://itk.org/Wiki/MetaIO/Documentation
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

import numpy as np

from pleura.segmentation import Segmentation
from pleura.volume import Volume
from pleura.writing.mark import MARK
from pleura.writing.stream import Container, deflate, slices


def write_nrrd(segmentation: Segmentation, file: BinaryIO) -> None:
    """Write a gzip-encoded `.nrrd`."""
    volume = segmentation.volume
    columns = [f"({_numbers(volume.affine[:3, axis], ',')})" for axis in (2, 1, 0)]
    lines = [
        "NRRD0005",
        f"# {MARK}",
        "type: uint8",
        "dimension: 3",
        "space: left-posterior-superior",
        f"sizes: {_numbers(volume.shape[::-1])}",
        f"space directions: {' '.join(columns)}",
        "kinds: domain domain domain",
        "encoding: gzip",
        *(['space units: "mm" "mm" "mm"'] if volume.spacing_known else []),
        f"space origin: ({_numbers(volume.affine[:3, 3], ',')})",
    ]
    file.write("".join(f"{line}\n" for line in lines).encode() + b"\n")
    for chunk in deflate(slices(segmentation.labels), Container.GZIP):
        file.write(chunk)


def write_mha(segmentation: Segmentation, file: BinaryIO) -> None:
    """Write a zlib-compressed `.mha`; its header needs the compressed size, so that is held in memory, a few MB."""
    volume = segmentation.volume
    data = b"".join(deflate(slices(segmentation.labels), Container.ZLIB))
    directions = (volume.affine[:3, :3] / np.array(volume.spacing))[:, ::-1]
    fields = {
        "ObjectType": "Image",
        "Comment": MARK,
        "NDims": "3",
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False",
        "CompressedData": "True",
        "CompressedDataSize": str(len(data)),
        "TransformMatrix": _numbers(directions.T.ravel()),  # the directions of x, y, z one after another
        "Offset": _numbers(volume.affine[:3, 3]),
        "CenterOfRotation": "0 0 0",
        "AnatomicalOrientation": _letters(volume),
        "ElementSpacing": _numbers(volume.spacing[::-1]),
        "DimSize": _numbers(volume.shape[::-1]),
        "ElementType": "MET_UCHAR",
        "ElementDataFile": "LOCAL",
    }
    file.write("".join(f"{name} = {value}\n" for name, value in fields.items()).encode())
    file.write(data)


def _numbers(values: Iterable[float], between: str = " ") -> str:
    """Return numbers as the shortest text that reads back the same; minus zero as zero."""
    return between.join(repr(float(value) + 0.0).removesuffix(".0") for value in values)


def _letters(volume: Volume) -> str:
    """Return where each axis, x first, comes from, as MetaIO writes it: RAI for an ordinary scan in LPS."""
    letters = ""
    for column in volume.affine[:3, [2, 1, 0]].T:
        patient = int(np.argmax(np.abs(column)))
        letters += ("RAI" if column[patient] > 0 else "LPS")[patient]
    return letters
