"""MetaImage (.mha, .mhd): a text header, then raw or zlib-packed voxels in the same file or in one beside it.

References: https://itk.org/Wiki/ITK/MetaIO/Documentation. Axes and offset are LPS already.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.reading.values import interpret
from pleura.volume import Affine, Identity, Kind, Note, Volume

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
_SPACING = ("ElementSpacing", "ElementSize")
_LONGEST_HEADER = 1 << 16


def read_metaimage(path: Path, kind: Kind | None) -> Volume:
    """Read a .mha or .mhd file.

    Raises
    ------
    UnreadableInput : the header or the voxels are damaged, or the file with the voxels is missing
    UnsuitableInput : not two or three axes, several channels, or values that are not a scan
    """
    array, affine, planar, notes = decode_metaimage(path)
    meaning = interpret(array, kind)
    return Volume(
        meaning.voxels,
        affine,
        kind=meaning.kind,
        planar=planar,
        spacing_known=not notes,
        identity=Identity(format="metaimage"),
        notes=(*notes, *meaning.notes),
    )


def decode_metaimage(path: Path) -> tuple[NDArray[np.generic], Affine, bool, list[Note]]:
    """Return the values (z, y, x), array index -> LPS millimetres, if it is a picture, and what was guessed."""
    fields, end = _fields(path)
    shape = _shape(fields)
    array = np.frombuffer(_voxel_bytes(path, fields, end, shape), _dtype(fields)).reshape((1, *shape)[-3:])
    unknown = Note("spacing-unknown", "the MetaImage states no millimetres; distances count voxels")
    notes = [] if any(fields.get(name) for name in _SPACING) else [unknown]
    return array.astype(array.dtype.newbyteorder("=")), _affine(fields, len(shape)), len(shape) == 2, notes


def _fields(path: Path) -> tuple[Mapping[str, str], int]:
    """Return the fields of the header and where it ends."""
    with path.open("rb") as file:
        head = file.read(_LONGEST_HEADER)
    fields: dict[str, str] = {}
    end = 0
    while "ElementDataFile" not in fields:
        line, newline, _ = head[end:].partition(b"\n")
        name, equals, value = line.decode("latin-1").partition("=")
        if not newline or (line.strip() and not equals):
            raise UnreadableInput("the MetaImage header has no ElementDataFile", code="damaged")
        fields[name.strip()] = value.strip()
        end += len(line) + 1
    return fields, end


def _shape(fields: Mapping[str, str]) -> tuple[int, ...]:
    """Return the size as (z, y, x) or (y, x)."""
    if fields.get("ObjectType", "Image").lower() != "image":
        raise UnsuitableInput(f"this MetaIO file is a {fields['ObjectType']}, not an image", code="not-an-image")
    if fields.get("ElementNumberOfChannels", "1") != "1":
        raise UnsuitableInput("voxels of several channels are not CT numbers", code="colour")
    sizes = tuple(int(size) for size in _numbers(fields, ("DimSize",), np.zeros(0)))
    if len(sizes) not in {2, 3}:
        raise UnsuitableInput(f"{len(sizes)} axes {sizes}; give one volume of three axes", code="not-3d")
    if min(sizes) < 1:
        raise UnreadableInput(f"the MetaImage header states a size of {sizes}", code="damaged")
    return sizes[::-1]


def _dtype(fields: Mapping[str, str]) -> np.dtype[np.generic]:
    name = fields.get("ElementType", "")
    if name not in _TYPES:
        raise UnreadableInput(f"the MetaImage ElementType {name} is not known", code="damaged")
    msb = fields.get("BinaryDataByteOrderMSB", fields.get("ElementByteOrderMSB", "False"))
    return np.dtype((">" if msb.lower() == "true" else "<") + _TYPES[name])


def _voxel_bytes(path: Path, fields: Mapping[str, str], end: int, shape: tuple[int, ...]) -> bytes:
    length = int(np.prod(shape)) * _dtype(fields).itemsize
    source, start = (path, end) if fields["ElementDataFile"].upper() == "LOCAL" else (_beside(path, fields), 0)
    skip = int(fields.get("HeaderSize", "0"))
    with source.open("rb") as file:
        file.seek(*((-length, 2) if skip < 0 else (start + skip, 0)))
        if fields.get("CompressedData", "False").lower() == "true":
            data = _inflated(file.read(), length)
        else:
            data = file.read(length)
    if len(data) < length:
        raise UnreadableInput("the file ends before the last voxel", code="truncated")
    return data


def _beside(path: Path, fields: Mapping[str, str]) -> Path:
    name = fields["ElementDataFile"]
    if name.upper().startswith("LIST") or "%" in name:
        raise UnsuitableInput(
            "a MetaImage in several data files is not read; save it as one .mha", code="several-files"
        )
    source = path.parent / name
    if not source.is_file():
        raise UnreadableInput("the file with the voxels that the header names is missing", code="half-missing")
    return source


def _inflated(packed: bytes, length: int) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(packed, length)
    except zlib.error as error:
        raise UnreadableInput("the packed voxels are damaged", code="truncated") from error


def _affine(fields: Mapping[str, str], count: int) -> Affine:
    """Return array index (k, j, i) -> LPS millimetres; each row of TransformMatrix is the way one axis grows.

    A picture, of two axes, lies in the plane of x and y.
    """
    turn = _numbers(fields, ("TransformMatrix", "Orientation", "Rotation"), np.eye(count).ravel())
    spacing = _numbers(fields, _SPACING, np.ones(count))
    origin = _numbers(fields, ("Offset", "Position", "Origin"), np.zeros(count))
    if (turn.size, spacing.size, origin.size) != (count * count, count, count):
        raise UnreadableInput(f"the MetaImage geometry is not that of {count} axes", code="damaged")
    ways = np.eye(3)
    ways[:count, :count] = turn.reshape(count, count) * spacing[:, None]
    affine = np.eye(4)
    affine[:3, :3] = ways[::-1].T
    affine[:count, 3] = origin
    return affine


def _numbers(fields: Mapping[str, str], names: tuple[str, ...], default: NDArray[np.float64]) -> NDArray[np.float64]:
    text = next((fields[name] for name in names if fields.get(name)), "")
    try:
        return np.array([float(part) for part in text.split()]) if text else default
    except ValueError as error:
        raise UnreadableInput(f"the MetaImage field {names[0]} does not hold numbers", code="damaged") from error
