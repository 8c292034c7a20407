"""Pixel data of DICOM slices as HU, straight into the one array that the volume keeps.

Uncompressed slices are read into their place and rescaled there, so that memory holds the volume and nothing else.

References: DICOM PS3.5 section 8 (pixel data), PS3.3 section C.11.1.1.2 (rescale slope and intercept).
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BufferedIOBase, FileIO

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnreadableInput
from pleura.reading.damage import file_in_errors
from pleura.reading.dicom.decoding import decode
from pleura.reading.dicom.elements import NATIVE
from pleura.reading.dicom.frames import Frame
from pleura.reading.dicom.header import Header
from pleura.reading.intensity import AIR

Todo = Sequence[tuple[int, Frame]]
"""Frames that are still to be read, each with its slice of the array."""


def read_pixels(todo: Todo, voxels: NDArray[np.int16]) -> None:
    """Read frames into their slices of `voxels` (z, y, x) as HU; an error names the file.

    Raises
    ------
    UnreadableInput : pixel data are cut short or damaged
    UnsuitableInput : no decoder is known for the transfer syntax
    """
    for header, slots in _by_file(todo).items():
        with file_in_errors(header.path):
            _read_file(header, slots, voxels)


def read_plane(frame: Frame) -> NDArray[np.int16]:
    """Return the HU of one frame, (1, y, x); see `read_pixels`."""
    voxels = np.empty((1, frame.header.rows, frame.header.columns), np.int16)
    read_pixels([(0, frame)], voxels)
    return voxels


def _read_file(header: Header, slots: Todo, voxels: NDArray[np.int16]) -> None:
    """Read the frames of one file into their places."""
    if readable_in_place(header):
        with header.path.open("rb", buffering=0) as file:
            for slot, frame in slots:
                _read_in_place(file, frame, voxels[slot])
                _to_hu(voxels[slot], frame)
    else:
        decoded = decode(header, [frame.index for _, frame in slots])
        for (slot, frame), stored in zip(slots, decoded, strict=True):
            voxels[slot] = stored.view(f"u{stored.itemsize}").astype(np.uint16, copy=False).view(np.int16)
            _to_hu(voxels[slot], frame)


def same_pixels(frames: Sequence[Frame]) -> bool:
    """Say whether frames hold the same HU throughout."""
    first = read_plane(frames[0])
    return all(np.array_equal(first, read_plane(frame)) for frame in frames[1:])


def _by_file(todo: Todo) -> dict[Header, list[tuple[int, Frame]]]:
    files: dict[Header, list[tuple[int, Frame]]] = {}
    for slot, frame in todo:
        files.setdefault(frame.header, []).append((slot, frame))
    return files


def readable_in_place(header: Header) -> bool:
    """Say whether the pixels of a file are stored as they are kept, but for byte order and rescale."""
    return header.syntax in NATIVE and header.bits_allocated == 16 and (header.pixel_offset or -1) > 0


def _read_in_place(file: FileIO | BufferedIOBase, frame: Frame, voxels: NDArray[np.int16]) -> None:
    """Read the stored bits of one frame into `voxels` (y, x)."""
    header = frame.header
    if header.pixel_length < (frame.index + 1) * voxels.nbytes:
        raise UnreadableInput(
            "the pixel data are shorter than Rows and Columns say; copy or export the file again", code="truncated"
        )
    file.seek((header.pixel_offset or 0) + frame.index * voxels.nbytes)
    if file.readinto(voxels.data.cast("B")) < voxels.nbytes:
        raise UnreadableInput("the file ends within the pixel data; copy or export the file again", code="truncated")
    if header.byte_order == ">":
        voxels.byteswap(inplace=True)


def _to_hu(voxels: NDArray[np.int16], frame: Frame) -> None:
    """Turn stored bits (y, x) into HU, in place."""
    header = frame.header
    stored = voxels if header.signed else voxels.view(np.uint16)
    spare = 16 - header.bits_stored
    if spare:  # clears what lies above the stored bits, or fills it with their sign
        stored <<= spare
        stored >>= spare
    slope, intercept = frame.rescale
    fits = header.signed or spare or int(stored.max()) < 1 << 15
    if slope == 1 and intercept.is_integer() and -31000 < intercept <= 0 and fits:
        np.maximum(voxels, AIR - int(intercept), out=voxels)  # before the sum, which could else wrap round
        voxels += int(intercept)
    elif slope == 0:
        raise UnreadableInput("RescaleSlope is zero; export the series again", code="damaged")
    else:
        values = np.rint(stored.astype(np.float64) * slope + intercept)
        voxels[...] = np.clip(values, AIR, np.iinfo(np.int16).max)
