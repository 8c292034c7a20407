"""Resampling, cropping, padding and the choice of slices as one thing: where along each axis the values are taken.

A new grid is three rows of positions on the old one. Image and labels are read at the same positions, the image
between voxels and the labels at the nearest, so the two cannot come apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.preparation.settings import Settings
from pleura.volume import Affine, Volume

Positions = NDArray[np.float64]
"""(n,) positions along one axis, in voxels of the old grid, evenly spaced."""


@dataclass(frozen=True, eq=False)
class Sampling:
    """The positions of a new grid on an old one, along (z, y, x); those off the old grid are padding."""

    z: Positions
    y: Positions
    x: Positions

    def image(self, voxels: Array, outside: float) -> NDArray[np.float32]:
        """Return (z, y, x) values between voxels; where the new step is wider, the average of what it covers."""
        sampled = voxels
        for axis, positions in enumerate((self.z, self.y, self.x)):
            sampled = _along(sampled, positions, axis)
        result = sampled.astype(np.float32, copy=False)
        return self._padded(result, voxels.shape, np.float32(outside))

    def labels(self, labels: Array) -> Array:
        """Return (z, y, x) labels of the nearest voxels, 0 off the grid."""
        nearest = [
            np.clip(_nearest(positions), 0, size - 1)
            for positions, size in zip((self.z, self.y, self.x), labels.shape, strict=True)
        ]
        return self._padded(labels[np.ix_(*nearest)], labels.shape, labels.dtype.type(0))

    def cropped(self, labels: Array) -> float:
        """Return the share of what is marked in the chosen slices that lies beyond the rows or columns of the grid."""
        chosen = labels[np.unique(np.clip(_nearest(self.z), 0, len(labels) - 1))] > 0
        kept = chosen[:, _covered(self.y), _covered(self.x)]
        return 1 - np.count_nonzero(kept) / np.count_nonzero(chosen) if chosen.any() else 0.0

    def affine(self, affine: Affine) -> Affine:
        """Return the affine of the new grid."""
        rows = (self.z, self.y, self.x)
        step = np.eye(4)
        for axis, positions in enumerate(rows):
            step[axis, axis] = positions[1] - positions[0] if len(positions) > 1 else 1.0
            step[axis, 3] = positions[0]
        return affine @ step

    def _padded(self, sampled: Array, shape: Sequence[int], outside: np.generic) -> Array:
        off = [
            (_nearest(positions) < 0) | (_nearest(positions) >= size)
            for positions, size in zip((self.z, self.y, self.x), shape, strict=True)
        ]
        if any(row.any() for row in off):
            sampled = np.array(sampled)
            sampled[off[0]], sampled[:, off[1]], sampled[:, :, off[2]] = outside, outside, outside
        return sampled


def plan_sampling(volume: Volume, settings: Settings) -> Sampling:
    """Return where a scan in axial order (z to the head, y to the back, x to the left) is to be sampled.

    A picture, and whatever has no millimetres, is resized to `settings.size`; a scan is resampled to
    `settings.spacing`, then cropped or padded. A single slice is never resampled across its plane.
    """
    depth, height, width = volume.shape
    known = volume.spacing_known and not volume.is_picture
    steps = [1.0, 1.0, 1.0]
    if known and settings.spacing is not None:
        wanted = settings.spacing[::-1]
        steps = [new / old for new, old in zip(wanted, volume.spacing, strict=True)]
    elif not known and settings.size is not None:
        steps = [1.0, height / settings.size[0], width / settings.size[1]]
    if depth == 1:
        steps[0] = 1.0
    rows, columns = settings.size or (None, None)
    return Sampling(
        _positions(
            depth, steps[0], min(settings.slices or depth, _count(depth, steps[0])) if settings.slices else None
        ),
        _positions(height, steps[1], rows),
        _positions(width, steps[2], columns),
    )


def _count(size: int, step: float) -> int:
    return max(1, round(size / step))


def _positions(size: int, step: float, wanted: int | None) -> Positions:
    """Return positions `step` voxels apart about the middle of an axis: as many as fit, or the `wanted` ones.

    Taking the middle of the fitting grid, and not a grid of its own, keeps positions on voxels where nothing is
    resampled.
    """
    fitting = _count(size, step)
    count = fitting if wanted is None else wanted
    start = (fitting - count) // 2
    return np.asarray((np.arange(start, start + count) - (fitting - 1) / 2) * step + (size - 1) / 2, np.float64)


def _nearest(positions: Positions) -> NDArray[np.intp]:
    return np.floor(positions + 0.5).astype(np.intp)


def _covered(positions: Positions) -> slice:
    """Return the voxels of the old grid whose centres the positions cover, half a step beyond the outer ones."""
    half = (positions[1] - positions[0]) / 2 if len(positions) > 1 else 0.5
    return slice(max(0, int(np.ceil(positions[0] - half))), max(0, int(np.floor(positions[-1] + half)) + 1))


def _along(array: Array, positions: Positions, axis: int) -> Array:
    """Sample one axis with a triangle as wide as the step, at least one voxel each way."""
    if (positions == np.rint(positions)).all() and (len(positions) < 2 or positions[1] - positions[0] == 1):
        return array.take(np.clip(positions.astype(np.intp), 0, array.shape[axis] - 1), axis)
    width = max(1.0, float(positions[1] - positions[0])) if len(positions) > 1 else 1.0
    first = np.ceil(positions - width).astype(np.intp)
    taps = first[:, None] + np.arange(int(np.floor(2 * width)) + 1)
    weights = np.maximum(0.0, 1.0 - np.abs(taps - positions[:, None]) / width)
    weights[(taps < 0) | (taps >= array.shape[axis])] = 0.0
    weights /= np.maximum(weights.sum(1, keepdims=True), 1e-12)
    shape = [1, 1, 1]
    shape[axis] = len(positions)
    total: Array = np.zeros([len(positions) if a == axis else n for a, n in enumerate(array.shape)], np.float32)
    for tap, weight in zip(taps.T, weights.T, strict=True):
        chosen = array.take(np.clip(tap, 0, array.shape[axis] - 1), axis)
        total += chosen * weight.astype(np.float32).reshape(shape)
    return total
