"""NIfTI-1 and NIfTI-2: one volume, its axes turned from RAS to LPS and from (x, y, z) to array order.

nibabel reads the header; the voxels are read straight into the array that is kept, through igzip where they are packed,
because a proxy that passes through floating point or through a second copy doubles time and memory.

References: https://nifti.nimh.nih.gov/nifti-1 (header fields, qform and sform).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.file_format import GZIP, is_voxels_of_pair
from pleura.reading.checks import not_3d
from pleura.reading.limits import check_size
from pleura.reading.nifti_geometry import read_geometry
from pleura.reading.raw_image import RawImage
from pleura.reading.voxel_stream import kept_type, read_array, unpacked
from pleura.volume import Note

if TYPE_CHECKING:
    from nibabel import Nifti1Header

_EXTENSION_FLAG = 4
"""Bytes between the header and the voxels of a single file, which say whether extensions follow."""
_CIFTI = range(3000, 3100)
_LONGEST_HEADER = 1 << 28
"""Bytes before the first voxel: the header and what others have put after it, as a whole DICOM header of a scan."""


def read_nifti(path: Path) -> RawImage:
    """Read a .nii, .nii.gz, or a pair of .hdr and .img, whichever of the two is named.

    Raises
    ------
    UnreadableInput : the file is damaged or the other half of a pair is missing
    UnsuitableInput : not two or three axes, colour, or a connectivity matrix
    """
    if is_voxels_of_pair(path):
        path = _other_half(path)
    with _open_unpacked(path) as file:
        header = _header(file)
    _refuse_other(header)
    pair = header["magic"].item().startswith(b"ni")
    array, notes = _array(_other_half(path) if pair else path, header)
    geometry = read_geometry(header, _shape(header))
    return RawImage(
        array,
        geometry.affine,
        "nifti",
        is_picture=header.get_data_shape()[2:] == (),
        notes=(*notes, *geometry.notes),
        nifti_forms=geometry.forms,
    )


@contextmanager
def _open_unpacked(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, unpacked where it is packed by gzip."""
    with path.open("rb") as file:
        packing = "gzip" if file.read(2) == GZIP else ""
        file.seek(0)
        yield unpacked(file, packing)


def _other_half(path: Path) -> Path:
    suffixes = {".img": ".hdr", ".hdr": ".img"}
    stem, packed = (path.with_suffix(""), ".gz") if path.suffix.lower() == ".gz" else (path, "")
    other = stem.with_suffix(suffixes.get(stem.suffix.lower(), ".img"))
    for candidate in (other.with_name(other.name + packed), other, other.with_name(other.name + ".gz")):
        if candidate.is_file() and candidate != path:
            return candidate
    raise UnreadableInput(f"the header has no {other.suffix} file with the voxels beside it", code="half-missing")


def _header(file: IO[bytes]) -> Nifti1Header:
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    start = file.read(540)
    for size, kind in ((348, Nifti1Header), (540, Nifti2Header)):
        if len(start) >= size and size in (int.from_bytes(start[:4], "little"), int.from_bytes(start[:4], "big")):
            return kind(start[:size], check=False)  # type: ignore[no-untyped-call]
    raise UnreadableInput("the NIfTI header is damaged", code="damaged")


def _shape(header: Nifti1Header) -> tuple[int, ...]:
    """Return (x, y) or (x, y, z); empty axes at the end say nothing and are left out."""
    shape = [int(size) for size in header.get_data_shape()]
    while len(shape) > 3 and shape[-1] == 1:
        shape.pop()
    if len(shape) < 2 or min(shape) < 1:
        raise UnreadableInput(f"the NIfTI header states a size of {tuple(shape)}", code="damaged")
    if len(shape) > 3:
        raise not_3d(shape)
    return tuple(shape)


def _refuse_other(header: Nifti1Header) -> None:
    if int(header["intent_code"]) in _CIFTI:
        raise UnsuitableInput("this is a CIFTI connectivity file, not an image", code="not-an-image")
    _shape(header)
    try:
        dtype = header.get_data_dtype()
    except Exception as error:  # nibabel has an error of its own for each kind of bad header
        raise UnreadableInput("the NIfTI header names no known type of values", code="damaged") from error
    if dtype.names:
        raise UnsuitableInput("colour voxels are not CT numbers", code="colour")
    if dtype.kind not in "iuf":
        raise UnsuitableInput(f"voxels of type {dtype} are not CT numbers", code="not-hu")


def _array(path: Path, header: Nifti1Header) -> tuple[NDArray[np.generic], tuple[Note, ...]]:
    """Read the voxels as (z, y, x), with the header's slope applied, and say where they were looked for."""
    shape = _shape(header)
    dtype = header.get_data_dtype()
    check_size(shape[::-1], kept_type(dtype).itemsize, path.stat().st_size)
    offset, notes = _offset(path, header, math.prod(shape) * dtype.itemsize)
    with _open_unpacked(path) as file:
        array = read_array(file, (1, *shape[::-1])[-3:], dtype, skip=offset)
    slope, intercept = header.get_slope_inter()
    if slope is None or (slope, intercept) == (1.0, 0.0):
        return array, notes
    scaled = np.empty(array.shape, np.float32)
    for stored, target in zip(array, scaled, strict=True):  # by slices: no second volume in a wider type
        target[...] = stored * np.float32(slope) + np.float32(intercept or 0.0)
    return scaled, notes


def _offset(path: Path, header: Nifti1Header, length: int) -> tuple[int, tuple[Note, ...]]:
    """Return where the voxels begin: as stated, unless that lies in the header or only another place fits the file."""
    size = int(header["sizeof_hdr"])
    first = 0 if header["magic"].item().startswith(b"ni") else size + _EXTENSION_FLAG
    stated = float(header["vox_offset"])
    possible = first <= stated <= _LONGEST_HEADER
    whole = _unpacked_size(path)
    if possible and whole - int(stated) == length:
        return int(stated), ()
    fitting = [start for start in (first, size) if whole - start == length]
    if possible and not fitting:
        return int(stated), ()
    offset = fitting[0] if fitting else first
    text = f"the header states that the voxels begin at byte {stated:g}; they were read from byte {offset}"
    return offset, (Note("voxel-offset", text),)


def _unpacked_size(path: Path) -> int:
    """Return the bytes of a file as it is unpacked; of gzip, what its last four bytes say, which holds below 4 GB."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(2) != GZIP:
            return size
        file.seek(max(size - 4, 0))
        return int.from_bytes(file.read(4), "little")
