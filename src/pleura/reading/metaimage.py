"""MetaImage (.mha, .mhd): a text header, then raw or zlib-packed voxels in the same file or in one beside it.

References: https://itk.org/Wiki/ITK/MetaIO/Documentation. Axes and offset are LPS already.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.reading.checks import in_millimetres, not_3d
from pleura.reading.limits import check_size, data_file
from pleura.reading.raw_image import RawImage
from pleura.reading.voxel_stream import kept_type, read_array, unpacked
from pleura.volume import Affine, Note

_TYPES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG": "i4",  # four bytes in every writer that is in use, whatever a C long is
    "MET_ULONG": "u4",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
_UNITS = {"um": 0.001, "mm": 1.0, "cm": 10.0}
"""Millimetres of the words that DistanceUnits knows."""
_SPACING = ("ElementSpacing", "ElementSize")
_LONGEST_HEADER = 1 << 16
"""Bytes within which a header ends: its fields are some twenty lines."""
_LARGEST_NUMBER = 1 << 48
"""No count of bytes or voxels comes near it."""
_SHOWN = 64
"""Letters of a field that a message shows."""
_FIELD = re.compile(r"\s*(\w+)\s*[=:]\s*(.*?)\s*$")


def read_metaimage(path: Path) -> RawImage:
    """Read a .mha or .mhd file.

    Raises
    ------
    UnreadableInput : the header or the voxels are damaged, or the file with the voxels is missing
    UnsuitableInput : not two or three axes, or several channels
    """
    fields, end = _fields(path)
    shape = _shape(fields)
    array = _voxels(path, fields, end, shape)
    unknown = Note("spacing-unknown", "the MetaImage states no millimetres; distances count voxels")
    known = any(fields.get(name) for name in _SPACING)
    unit = _UNITS.get(fields.get("DistanceUnits", "").lower(), 1.0)
    affine, notes = in_millimetres(_affine(fields, len(shape)), array.shape, unit, known=known)
    return RawImage(array, affine, "metaimage", is_picture=len(shape) == 2, notes=notes if known else (unknown,))


def _fields(path: Path) -> tuple[Mapping[str, str], int]:
    """Return the fields of the header and where it ends."""
    with path.open("rb") as file:
        head = file.read(_LONGEST_HEADER)
    fields: dict[str, str] = {}
    end = 0
    while "ElementDataFile" not in fields:
        line, newline, _ = head[end:].partition(b"\n")
        found = _FIELD.match(line.decode("latin-1"))
        if not newline or (found is None and not line.strip().startswith(b"#") and line.strip()):
            raise UnreadableInput("the MetaImage header has no ElementDataFile", code="damaged")
        if found is not None:
            fields[found[1]] = found[2]
        end += len(line) + 1
    return fields, end


def _shape(fields: Mapping[str, str]) -> tuple[int, ...]:
    """Return the size as (z, y, x) or (y, x)."""
    if fields.get("ObjectType", "Image").lower() != "image":
        kind = fields["ObjectType"][:_SHOWN]
        raise UnsuitableInput(f"this MetaIO file is a {kind}, not an image", code="not-an-image")
    if fields.get("ElementNumberOfChannels", "1") != "1":
        raise UnsuitableInput("voxels of several channels are not CT numbers", code="colour")
    sizes = tuple(_whole(size, "DimSize") for size in fields.get("DimSize", "").split())
    while len(sizes) > 3 and sizes[-1] == 1:
        sizes = sizes[:-1]
    if len(sizes) not in {2, 3}:
        raise not_3d(sizes)
    if min(sizes) < 1:
        raise UnreadableInput(f"the MetaImage header states a size of {sizes}", code="damaged")
    return sizes[::-1]


def _dtype(fields: Mapping[str, str]) -> np.dtype[np.generic]:
    name = fields.get("ElementType", "")
    if name not in _TYPES:
        raise UnreadableInput(f"the MetaImage ElementType {name[:_SHOWN]} is not known", code="damaged")
    msb = fields.get("BinaryDataByteOrderMSB", fields.get("ElementByteOrderMSB", "False"))
    return np.dtype((">" if msb.lower() == "true" else "<") + _TYPES[name])


def _voxels(path: Path, fields: Mapping[str, str], end: int, shape: tuple[int, ...]) -> NDArray[np.generic]:
    """Read the voxels as (z, y, x)."""
    source, start = (path, end) if fields["ElementDataFile"].upper() == "LOCAL" else (_beside(path, fields), 0)
    skip = _whole(fields.get("HeaderSize", "0"), "HeaderSize")
    packed = fields.get("CompressedData", "False").lower() == "true"
    dtype = _dtype(fields)
    check_size(shape, kept_type(dtype).itemsize, source.stat().st_size)
    length = math.prod(shape) * dtype.itemsize
    with source.open("rb") as file:
        file.seek(max(0, source.stat().st_size - length) if skip < 0 else start + skip)
        return read_array(unpacked(file, "zlib" if packed else ""), (1, *shape)[-3:], dtype)


def _beside(path: Path, fields: Mapping[str, str]) -> Path:
    name = fields["ElementDataFile"]
    if name.upper().startswith("LIST") or "%" in name:
        raise UnsuitableInput(
            "a MetaImage in several data files is not read; save it as one .mha", code="several-files"
        )
    return data_file(path, name)


def _whole(text: str, name: str) -> int:
    """Return a whole number of bytes or voxels."""
    try:
        number = int(text)
    except ValueError:
        number = _LARGEST_NUMBER
    if not -_LARGEST_NUMBER < number < _LARGEST_NUMBER:
        raise UnreadableInput(f"the MetaImage field {name} does not hold a number that can be", code="damaged")
    return number


def _affine(fields: Mapping[str, str], count: int) -> Affine:
    """Return array index (k, j, i) -> LPS in the header's unit; each row of TransformMatrix is the way one axis grows.

    A picture, of two axes, lies in the plane of x and y. Of more than three axes, those of length 1 at the end are left
    out.
    """
    stated = len(fields["DimSize"].split())
    turn = _numbers(fields, ("TransformMatrix", "Orientation", "Rotation"), np.eye(stated).ravel())
    spacing = _numbers(fields, _SPACING, np.ones(stated))
    origin = _numbers(fields, ("Offset", "Position", "Origin"), np.zeros(stated))
    if (turn.size, spacing.size, origin.size) != (stated * stated, stated, stated):
        raise UnreadableInput(f"the MetaImage geometry is not that of {stated} axes", code="damaged")
    if spacing.min() <= 0:
        raise UnsuitableInput("the MetaImage spacing is not above zero", code="bad-spacing")
    ways = np.eye(3)
    ways[:count, :count] = (turn.reshape(stated, stated) * spacing[:, None])[:count, :count]
    affine = np.eye(4)
    affine[:3, :3] = ways[::-1].T
    affine[:count, 3] = origin[:count]
    return affine


def _numbers(fields: Mapping[str, str], names: tuple[str, ...], default: NDArray[np.float64]) -> NDArray[np.float64]:
    text = next((fields[name] for name in names if fields.get(name)), "")
    try:
        numbers = np.array([float(part) for part in text.split()]) if text else default
    except ValueError:
        numbers = np.array([np.nan])
    if not (np.abs(numbers) < _LARGEST_NUMBER).all():
        raise UnreadableInput(f"the MetaImage field {names[0]} does not hold numbers that can be", code="damaged")
    return numbers
