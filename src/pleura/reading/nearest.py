"""Labels brought to another grid: each voxel there gets the label of the nearest voxel here, none beyond the border."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pleura.geometry import bounding_box
from pleura.volume import Affine

Labels = NDArray[np.integer]

_ALONG = 0.02
"""Voxels by which an axis of one grid may lead aside, from end to end, and still run along an axis of the other."""
_TIE = 1e-6
"""Voxels that count as nothing half-way between two voxels: else rounding would choose another one from row to row."""


def at_nearest_voxels(labels: Labels, affine: Affine, shape: tuple[int, ...], other: Affine) -> tuple[Labels, float]:
    """Return labels on another grid.

    Parameters
    ----------
    labels : (z, y, x) on the grid of `affine`
    shape, other : of the grid wanted

    Returns
    -------
    labels of `shape`, of the same type, and the share of what is marked that lies on the grid, half a voxel beyond its
    outer centres included
    """
    back = np.linalg.inv(affine) @ other
    sideways = np.abs(back[:3, :3]) * np.subtract(shape, 1)
    axes = np.argmax(np.abs(back[:3, :3]), axis=1)
    sideways[range(3), axes] = 0
    if sorted(axes.tolist()) == [0, 1, 2] and sideways.sum(1).max() <= _ALONG:
        return _along_axes(labels, back, axes.tolist(), shape)
    return _across(labels, back, shape)


def _along_axes(labels: Labels, back: Affine, axes: Sequence[int], shape: tuple[int, ...]) -> tuple[Labels, float]:
    """Return labels where the axes of both grids run along each other: `axes[i]` there is that of axis i here."""
    taken, target, inside = labels, [slice(0)] * 3, [slice(0)] * 3
    for axis, other in enumerate(axes):
        scale, start = back[axis, other], back[axis, 3]
        indices = np.floor(start + scale * np.arange(shape[other]) + 0.5 + _TIE).astype(np.intp)
        on = (indices >= 0) & (indices < labels.shape[axis])
        places = (np.arange(labels.shape[axis]) - start) / scale
        taken = taken[(*[slice(None)] * axis, _even(indices[on]))]
        target[other] = _range(on)
        inside[axis] = _range((places >= -0.5) & (places < shape[other] - 0.5))
    found = np.zeros(shape, labels.dtype)
    found[tuple(target)] = taken.transpose(np.argsort(axes))
    marked = np.count_nonzero(labels)
    return found, np.count_nonzero(labels[tuple(inside)]) / marked if marked else 1.0


def _range(chosen: NDArray[np.bool_]) -> slice:
    """Return the stretch of indices that are chosen."""
    indices = np.flatnonzero(chosen)
    return slice(int(indices[0]), int(indices[-1]) + 1) if indices.size else slice(0)


def _even(indices: NDArray[np.intp]) -> slice | NDArray[np.intp]:
    """Return indices one after the other as a slice, which takes no copy."""
    if indices.size and (np.diff(indices) == 1).all():
        return slice(int(indices[0]), int(indices[-1]) + 1)
    return indices


def _across(labels: Labels, back: Affine, shape: tuple[int, ...]) -> tuple[Labels, float]:
    """Return labels where the axes of both grids run across each other, slice by slice."""
    found = np.zeros(shape, labels.dtype)
    box = bounding_box(labels != 0)
    if box is None:
        return found, 1.0
    begun = [side.start for side in box]
    marked, back = labels[box], back.copy()
    back[:3, 3] -= begun
    there = np.linalg.inv(back).astype(np.float64)
    corners = np.array([(*corner, 1) for corner in product(*((-0.5, size - 0.5) for size in marked.shape))]) @ there.T
    low = np.clip(np.floor(corners[:, :3].min(0)), 0, shape).astype(int)
    high = np.clip(np.ceil(corners[:, :3].max(0)) + 1, 0, shape).astype(int)
    rows, columns = np.mgrid[low[1] : high[1], low[2] : high[2]]
    plane = back[:3, 1, None, None] * rows + back[:3, 2, None, None] * columns + back[:3, 3, None, None] + 0.5 + _TIE
    for k in range(low[0], high[0]):
        indices = np.floor(plane + k * back[:3, 0, None, None]).astype(np.intp)
        on = np.logical_and.reduce([(row >= 0) & (row < size) for row, size in zip(indices, marked.shape, strict=True)])
        found[k, low[1] : high[1], low[2] : high[2]][on] = marked[tuple(row[on] for row in indices)]
    return found, _inside(marked, there, shape)


def _inside(marked: Labels, there: Affine, shape: tuple[int, ...]) -> float:
    points = np.argwhere(marked)
    points = points[:: max(1, len(points) // 200_000)]
    indices = points @ there[:3, :3].T + there[:3, 3]
    return float(((indices >= -0.5) & (indices < np.array(shape) - 0.5)).all(1).mean())
