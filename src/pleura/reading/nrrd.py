"""NRRD, its header read by pynrrd, turned from the space it names to LPS.

References: https://teem.sourceforge.net/nrrd/format.html (space, space directions, space origin).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pleura.errors import PleuraError, UnreadableInput, UnsuitableInput, missing_extra
from pleura.reading.checks import in_millimetres, not_3d
from pleura.reading.limits import check_size, data_file
from pleura.reading.raw_image import RawImage
from pleura.reading.voxel_stream import kept_type, read_array, read_into, unpacked
from pleura.volume import Affine, Note

_TYPES = {
    name: kind
    for kind, names in {
        "i1": ("signed char", "int8", "int8_t"),
        "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
        "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
        "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
        "i4": ("int", "signed int", "int32", "int32_t"),
        "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
        "i8": ("longlong", "long long", "long long int", "signed long long", "int64", "int64_t"),
        "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
        "f4": ("float",),
        "f8": ("double",),
    }.items()
    for name in names
}
_TEXT = frozenset({"ASCII", "ascii", "text", "txt"})
_PACKINGS = {"raw": "", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2"} | dict.fromkeys(_TEXT, "")
_LARGEST_NUMBER = 1e14
"""No number of a grid comes near it."""
_MOST_LINES = 1 << 20
"""Lines before the voxels that are believed."""
_TO_LPS = {
    "left-posterior-superior": (1.0, 1.0, 1.0),
    "lps": (1.0, 1.0, 1.0),
    "right-anterior-superior": (-1.0, -1.0, 1.0),
    "ras": (-1.0, -1.0, 1.0),
    "left-anterior-superior": (1.0, -1.0, 1.0),
    "las": (1.0, -1.0, 1.0),
}

_UNITS = {"m": 1000.0, "cm": 10.0, "mm": 1.0, "um": 0.001, "microns": 0.001}
"""Millimetres of the units that are met; any other counts as millimetres."""
_PER_AXIS = ("sizes", "space directions", "spacings")
"""Fields of the header with an entry for each axis, as far as they are used."""


def read_nrrd(path: Path) -> RawImage:
    """Read a .nrrd file, or a .nhdr header with its data file.

    Raises
    ------
    MissingExtra : pynrrd is not installed
    UnreadableInput : the file is damaged or its data file is missing
    UnsuitableInput : not two or three axes
    """
    try:
        import nrrd
    except ImportError as error:
        raise missing_extra("pynrrd", "itk") from error
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pynrrd lets NumPy warn about numbers that are refused below
        try:
            header = _without_empty_axes(nrrd.read_header(file))
            shape = _shape(header)
            dtype = _dtype(header)
        except PleuraError:
            raise
        except (nrrd.NRRDError, KeyError, ValueError, OverflowError, IndexError) as error:
            raise UnreadableInput("the NRRD header is damaged", code="damaged") from error
        array = _voxels(path, file, header, shape, dtype)
    affine, notes = _affine(header, len(shape))
    known = all(note.code != "spacing-unknown" for note in notes)
    affine, unit_notes = in_millimetres(affine, array.shape, _unit(header), known=known)
    return RawImage(array, affine, "nrrd", is_picture=len(shape) == 2, notes=(*notes, *unit_notes))


def _shape(header: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the size as (z, y, x) or (y, x)."""
    sizes = tuple(int(size) for size in header["sizes"])
    if len(sizes) not in {2, 3}:
        raise not_3d(sizes)
    if int(header["dimension"]) != len(sizes) or min(sizes) < 1:
        raise UnreadableInput(f"the NRRD header states a size of {sizes}", code="damaged")
    if header["type"] == "block":
        raise UnsuitableInput("NRRD blocks are not CT numbers", code="not-hu")
    return sizes[::-1]


def _dtype(header: Mapping[str, Any]) -> np.dtype[np.generic]:
    found = np.dtype(_TYPES[header["type"]])
    if found.itemsize == 1 or header["encoding"] in _TEXT:
        return found
    return np.dtype({"little": "<", "big": ">"}[header["endian"]] + _TYPES[header["type"]])


def _voxels(
    path: Path, file: IO[bytes], header: Mapping[str, Any], shape: tuple[int, ...], dtype: np.dtype[np.generic]
) -> NDArray[np.generic]:
    """Read the voxels as (z, y, x) from `file`, which stands behind the header, or from the file that it names."""
    name = _either(header, "data file", "datafile")
    source = data_file(path, str(name)) if name else path
    check_size(shape, kept_type(dtype).itemsize, source.stat().st_size)
    with source.open("rb") if name else nullcontext(file) as data:
        for _ in range(min(_either(header, "line skip", "lineskip") or 0, _MOST_LINES)):
            data.readline()
        array = _decoded(data, header, shape, dtype)
    return array.reshape((1, *shape)[-3:])


def _decoded(
    data: IO[bytes], header: Mapping[str, Any], shape: tuple[int, ...], dtype: np.dtype[np.generic]
) -> NDArray[np.generic]:
    """Read the voxels from where `data` stands; what is packed is skipped after unpacking."""
    encoding, skip = str(header["encoding"]), _either(header, "byte skip", "byteskip") or 0
    size = math.prod(shape)
    if encoding not in _PACKINGS or skip < -1 or (skip == -1 and encoding != "raw"):
        text = f"NRRD data of encoding {encoding[:20]} with a byte skip of {skip} are not read; save it as gzip"
        raise UnreadableInput(text, code="unknown-format")
    if encoding == "raw":
        data.seek(*((-size * dtype.itemsize, 2) if skip == -1 else (skip, 1)))
        skip = 0
    if encoding in _TEXT:
        read_into(data, np.empty(skip, np.uint8))
        array = np.fromfile(data, dtype, count=size + 1, sep=" ")
        rest = b""
    else:
        stream = unpacked(data, _PACKINGS[encoding])
        array = read_array(stream, shape, dtype, skip=skip)
        rest = stream.read(1)
    if array.size != size or rest:
        raise UnreadableInput("the NRRD data are of another size than the header says", code="damaged")
    return array


def _either(header: Mapping[str, Any], name: str, other: str) -> Any:
    """Return a field that may be written in either way, or None."""
    return header.get(name, header.get(other))


def _without_empty_axes(header: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a header without axes of length 1, as long as there are more than three axes, those not of space first.

    A volume of a series of one, or of one channel, has such an axis at the end or at the beginning.
    """
    sizes = [int(size) for size in header["sizes"]]
    if len(sizes) != int(header["dimension"]):
        raise UnreadableInput(f"the NRRD header states a size of {tuple(sizes[:8])}", code="damaged")
    directions = header.get("space directions")
    rows = np.ones((len(sizes), 1)) if directions is None else np.array(directions, np.float64)
    of_space = [bool(np.isfinite(row).all()) for row in rows]
    empty = [axis for axis, size in enumerate(sizes) if size == 1]
    empty.sort(key=lambda axis: (of_space[axis], -axis))
    dropped = set(empty[: max(len(sizes) - 3, 0)])
    kept = [axis for axis in range(len(sizes)) if axis not in dropped]
    changed = {name: [header[name][axis] for axis in kept] for name in _PER_AXIS if header.get(name) is not None}
    return {**header, **changed, "dimension": len(kept)}


def _unit(header: Mapping[str, Any]) -> float:
    """Return the millimetres of the unit in which the axes of space are counted, where they share a known one."""
    units = {str(unit).strip().strip('"').lower() for unit in header.get("space units") or header.get("units") or ()}
    return _UNITS.get(units.pop(), 1.0) if len(units) == 1 else 1.0


def _affine(header: Mapping[str, Any], count: int) -> tuple[Affine, list[Note]]:
    """Return array index (k, j, i) -> LPS millimetres; a picture, of two axes, lies in x and y unless it says where."""
    _refuse_giants(header)
    directions = header.get("space directions")
    if directions is not None and not np.isfinite(np.array(directions, np.float64)).all():
        raise UnsuitableInput("an axis of the NRRD is not one of space; give one volume", code="not-3d")
    signs = _TO_LPS.get(str(header.get("space", "")).lower(), None if count == 3 else (1.0, 1.0, 1.0))
    notes = []
    unknown = np.isnan(np.array(header.get("spacings", [np.nan]), np.float64)).any()
    if directions is None and unknown:
        notes.append(Note("spacing-unknown", "the NRRD states no millimetres; distances count voxels"))
    if count == 3 and (directions is None or signs is None):
        text = "the NRRD names no anatomical space: the orientation is a guess, and right and left may be exchanged"
        notes.append(Note("orientation-unknown", text))
    spacings = np.array(header.get("spacings", np.ones(count)), np.float64)
    ways = _three(np.diag(np.nan_to_num(spacings, nan=1.0)) if directions is None else np.array(directions, np.float64))
    affine = np.eye(4)
    affine[:3, :3] = ways[::-1].T
    if directions is not None and signs is not None:
        origin = np.array(header.get("space origin", ()), np.float64)
        affine[: origin.size, 3] = origin
        affine[:3] *= np.array(signs)[:, None]
    return affine, notes


def _refuse_giants(header: Mapping[str, Any]) -> None:
    """Refuse numbers that no grid has, whose products would overflow; NaN says that an axis is not one of space."""
    for name in ("space directions", "spacings", "space origin"):
        if (np.abs(np.array(header.get(name, 0), np.float64)) > _LARGEST_NUMBER).any():
            raise UnreadableInput(f"the NRRD field {name} does not hold numbers that can be", code="damaged")


def _three(ways: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ways of three axes: those of a picture with one that stands on them, a millimetre long."""
    if len(ways) == 3:
        return ways
    flat = np.zeros((2, 3))
    flat[:, : ways.shape[1]] = ways
    normal = np.cross(*flat)
    return np.vstack([flat, normal / max(float(np.linalg.norm(normal)), 1e-30)])
