"""Pixel data of DICOM slices as HU, straight into the one array that the volume keeps.

Uncompressed slices are read into their place and rescaled there, so that memory holds the volume and nothing else.

References: DICOM PS3.5 section 8 (pixel data), PS3.3 section C.11.1.1.2 (rescale slope and intercept).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from io import BufferedIOBase, FileIO
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnreadableInput
from pleura.reading.damage import file_named
from pleura.reading.dicom.decoding import decode
from pleura.reading.dicom.elements import NATIVE
from pleura.reading.dicom.frames import Frame
from pleura.reading.dicom.header import Header
from pleura.reading.values import AIR

_WORTH_HELPERS = 64
"""Compressed slices from which starting helper processes saves more than it costs."""


def read_pixels(frames: Sequence[Frame | None], voxels: NDArray[np.int16]) -> None:
    """Read the frames into `voxels` (z, y, x) as HU; the slices of missing frames are interpolated.

    Raises
    ------
    UnreadableInput : pixel data are cut short or damaged
    UnsuitableInput : no decoder is known for the transfer syntax
    """
    todo = [(slot, frame) for slot, frame in enumerate(frames) if frame is not None]
    if len(todo) >= _WORTH_HELPERS and not any(_readable_in_place(frame.header) for _, frame in todo):
        from pleura.reading.dicom.workers import read_in_workers

        todo = read_in_workers(todo, voxels)
    several = len({frame.header.path for frame in frames if frame}) > 1
    for header, slots in _by_file(todo).items():
        with file_named(header.path) if several else nullcontext():
            _read_file(header, slots, voxels)
    fill_missing(frames, voxels)


def _read_file(header: Header, slots: Sequence[tuple[int, Frame]], voxels: NDArray[np.int16]) -> None:
    """Read the frames of one file into their places."""
    if _readable_in_place(header):
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
    first, other = np.empty((2, 1, frames[0].header.rows, frames[0].header.columns), np.int16)
    read_pixels(frames[:1], first)
    for frame in frames[1:]:
        read_pixels([frame], other)
        if not np.array_equal(first, other):
            return False
    return True


def _by_file(todo: Sequence[tuple[int, Frame]]) -> dict[Header, list[tuple[int, Frame]]]:
    files: dict[Header, list[tuple[int, Frame]]] = {}
    for slot, frame in todo:
        files.setdefault(frame.header, []).append((slot, frame))
    return files


def _readable_in_place(header: Header) -> bool:
    return header.syntax in NATIVE and header.bits_allocated == 16 and (header.pixel_offset or -1) > 0


def _read_in_place(file: FileIO | BufferedIOBase, frame: Frame, voxels: NDArray[np.int16]) -> None:
    """Read the stored bits of one frame into `voxels` (y, x)."""
    header = frame.header
    if header.pixel_length < (frame.index + 1) * voxels.nbytes:
        raise UnreadableInput("the pixel data are shorter than Rows and Columns say", code="truncated")
    file.seek((header.pixel_offset or 0) + frame.index * voxels.nbytes)
    if file.readinto(voxels.data.cast("B")) < voxels.nbytes:
        raise UnreadableInput("the file ends within the pixel data", code="truncated")
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
    slope, intercept = 1.0 if frame.slope is None else frame.slope, frame.intercept or 0.0
    fits = header.signed or spare or int(stored.max()) < 1 << 15
    if slope == 1 and intercept.is_integer() and -31000 < intercept <= 0 and fits:
        np.maximum(voxels, AIR - int(intercept), out=voxels)  # before the sum, which could else wrap round
        voxels += int(intercept)
    elif slope == 0:
        raise UnreadableInput("RescaleSlope is zero", code="damaged")
    else:
        values = np.rint(stored.astype(np.float64) * slope + intercept)
        voxels[...] = np.clip(values, AIR, np.iinfo(np.int16).max)


def fill_missing(frames: Sequence[Frame | None], voxels: NDArray[np.int16]) -> None:
    """Interpolate each missing slice between the nearest slices that are there."""
    there = [slot for slot, frame in enumerate(frames) if frame is not None]
    for below, above in pairwise(there):
        for slot in range(below + 1, above):
            weight = np.float32((slot - below) / (above - below))
            voxels[slot] = np.rint(voxels[below] * (1 - weight) + voxels[above] * weight)
