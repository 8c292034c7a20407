"""The slices of a stack, read into the one array that the volume keeps, by helper processes where that is faster."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pleura.reading.dicom.frames import Frame
from pleura.reading.dicom.pixels import read_pixels, readable_in_place
from pleura.reading.dicom.workers import read_in_workers

_WORTH_HELPERS = 64
"""Compressed slices from which starting helper processes saves more than it costs."""


def read_stack(frames: Sequence[Frame | None], voxels: NDArray[np.int16]) -> None:
    """Read the frames into `voxels` (z, y, x) as HU; the slices of missing frames are interpolated.

    Raises
    ------
    UnreadableInput : pixel data are cut short or damaged
    UnsuitableInput : no decoder is known for the transfer syntax
    """
    todo = [(slot, frame) for slot, frame in enumerate(frames) if frame is not None]
    if len(todo) >= _WORTH_HELPERS and not any(readable_in_place(frame.header) for _, frame in todo):
        todo = read_in_workers(todo, voxels)
    read_pixels(todo, voxels)
    fill_missing(frames, voxels)


def fill_missing(frames: Sequence[Frame | None], voxels: NDArray[np.int16]) -> None:
    """Interpolate each missing slice between the nearest slices that are there."""
    there = [slot for slot, frame in enumerate(frames) if frame is not None]
    for below, above in pairwise(there):
        for slot in range(below + 1, above):
            weight = np.float32((slot - below) / (above - below))
            voxels[slot] = np.rint(voxels[below] * (1 - weight) + voxels[above] * weight)
