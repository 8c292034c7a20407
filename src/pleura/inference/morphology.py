"""Erosion, dilation and opening of masks by one voxel along chosen axes, and where masks lie, in NumPy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Box = tuple[slice, slice, slice]


def dilate(mask: Mask, axes: tuple[int, ...]) -> Mask:
    """Return the mask grown by a voxel along each of the axes in turn: by a box of three."""
    for axis in axes:
        grown = mask.copy()
        along, into = np.moveaxis(mask, axis, 0), np.moveaxis(grown, axis, 0)
        into[1:] |= along[:-1]
        into[:-1] |= along[1:]
        mask = grown
    return mask


def erode(mask: Mask, axes: tuple[int, ...]) -> Mask:
    """Return the mask shrunk by a voxel along each of the axes; beyond the array it counts as going on."""
    for axis in axes:
        shrunk = mask.copy()
        along, into = np.moveaxis(mask, axis, 0), np.moveaxis(shrunk, axis, 0)
        into[1:] &= along[:-1]
        into[:-1] &= along[1:]
        mask = shrunk
    return mask


def open_mask(mask: Mask, axes: tuple[int, ...]) -> Mask:
    """Return the mask without what is thinner than three voxels along any of the axes."""
    return dilate(erode(mask, axes), axes)


def box_around(mask: Mask, margin: int = 0) -> Box:
    """Return the smallest box that holds a mask (z, y, x), with a margin as far as the array goes; empty for none."""
    shadow = np.any(mask, axis=0)
    spans = [np.flatnonzero(line) for line in (mask.any(axis=(1, 2)), shadow.any(axis=1), shadow.any(axis=0))]
    if not len(spans[0]):
        return slice(0, 0), slice(0, 0), slice(0, 0)
    z, rows, columns = (
        slice(max(int(span[0]) - margin, 0), min(int(span[-1]) + 1 + margin, size))
        for span, size in zip(spans, mask.shape, strict=True)
    )
    return z, rows, columns


def areas(mask: Mask) -> NDArray[np.int64]:
    """Return how many pixels of each slice (z, y, x) are in a mask."""
    return np.array([np.count_nonzero(plane) for plane in mask], np.int64)


def mean_index(mask: Mask, axis: int) -> float:
    """Return the mean index along rows (1) or columns (2) of a mask (z, y, x); 0 where it is empty."""
    counts = np.count_nonzero(mask, axis=(0, 3 - axis))
    return float(counts @ np.arange(len(counts))) / max(int(counts.sum()), 1)
