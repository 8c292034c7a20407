"""Write labels as NRRD or MetaImage, the formats of ITK, Slicer and their kin.

Both are a few lines of text before compressed bytes, and both speak LPS as we do, so no library is needed. Axes are
named x first, which reverses the affine's columns; the bytes stay as they lie in memory. Where ITK reads the source as
a picture of two axes, so it does the mask.

References
----------
NRRD0005, https://teem.sourceforge.net/nrrd/format.html; MetaIO, https://itk.org/Wiki/MetaIO/Documentation
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

import numpy as np

from pleura.segmentation import Segmentation
from pleura.volume import Affine, Volume
from pleura.writing.compress import Container, deflate, slices
from pleura.writing.signature import signature_of


def write_nrrd(segmentation: Segmentation, file: BinaryIO) -> None:
    """Write a gzip-encoded `.nrrd`."""
    volume = segmentation.volume
    count = _axes(volume)
    columns = [f"({_numbers(column[:count], ',')})" for column in _ways(volume, count)]
    lines = [
        "NRRD0005",
        f"# {signature_of(volume)}",
        "type: uint8",
        f"dimension: {count}",
        "space: left-posterior-superior" if count == 3 else "space dimension: 2",
        f"sizes: {_numbers(volume.shape[: -count - 1 : -1])}",
        f"space directions: {' '.join(columns)}",
        "kinds:" + " domain" * count,
        "encoding: gzip",
        *(["space units:" + ' "mm"' * count] if volume.spacing_known else []),
        f"space origin: ({_numbers(volume.affine[:count, 3], ',')})",
    ]
    file.write("".join(f"{line}\n" for line in lines).encode() + b"\n")
    for chunk in deflate(slices(segmentation.labels), Container.GZIP):
        file.write(chunk)


def write_mha(segmentation: Segmentation, file: BinaryIO) -> None:
    """Write a zlib-compressed `.mha`; its header needs the compressed size, so that is held in memory, a few MB."""
    volume = segmentation.volume
    count = _axes(volume)
    data = b"".join(deflate(slices(segmentation.labels), Container.ZLIB))
    spacing = volume.spacing[: -count - 1 : -1]
    directions = _ways(volume, count)[:, :count] / np.array(spacing)[:, None]
    fields = {
        "ObjectType": "Image",
        "Comment": signature_of(volume),
        "NDims": str(count),
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False",
        "CompressedData": "True",
        "CompressedDataSize": str(len(data)),
        "TransformMatrix": _numbers(directions.ravel()),  # the directions of x, y, z one after another
        "Offset": _numbers(volume.affine[:count, 3]),
        "CenterOfRotation": " ".join("0" * count),
        "AnatomicalOrientation": _letters(volume) if count == 3 else "??",
        "ElementSpacing": _numbers(spacing),
        "DimSize": _numbers(volume.shape[: -count - 1 : -1]),
        "ElementType": "MET_UCHAR",
        "ElementDataFile": "LOCAL",
    }
    file.write("".join(f"{name} = {value}\n" for name, value in fields.items()).encode())
    file.write(data)


def _axes(volume: Volume) -> int:
    """Return how many axes ITK sees: two of a picture in the plane of x and y, but three of any DICOM file."""
    in_plane = not volume.affine[2, 1:3].any()
    return 2 if volume.is_picture and in_plane and volume.identity.format != "dicom" else 3


def _ways(volume: Volume, count: int) -> Affine:
    """Return the way that each axis of the file goes with a step, x first, one a row."""
    ways: Affine = volume.affine[:3, [2, 1, 0][:count]].T
    return ways


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
