"""Erosion, dilation and opening of masks by one voxel along chosen axes, in NumPy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


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
    return ~dilate(~mask, axes)


def open_mask(mask: Mask, axes: tuple[int, ...]) -> Mask:
    """Return the mask without what is thinner than three voxels along any of the axes."""
    return dilate(erode(mask, axes), axes)
