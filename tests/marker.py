"""A marker in millimetres of the patient that looks different from every side, and series scanned in any way.

The right lung is a box with a hole through it and a bay; the left one a smaller box, a step, a spike and a closed hole.
Faces lie between voxel centres of all grids that are used, so that rounding in headers moves no voxel across one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from dicom_files import save_all, series
from numpy.typing import NDArray

from pleura.segmentation import Segmentation
from pleura.volume import Affine, Volume

CENTRE = (11.0, -27.0, 143.0)
"""Millimetres, LPS, of the middle of the marker and of the grids around it."""
SHAPE, STEPS = (36, 38, 34), (2.0, 1.25, 1.5)
"""Voxels along slices, rows and columns of those grids, and the millimetres between them."""

_BOXES = (
    (1, (-20.3, -3.1), (-17.2, 15.4), (-22.1, 24.3)),
    (0, (-14.2, -9.3), (-9.4, 4.2), (-40.0, 40.0)),  # a hole through it, from foot to head
    (0, (-20.3, -16.4), (6.3, 15.4), (9.2, 24.3)),  # a bay
    (2, (2.4, 19.3), (-10.3, 17.1), (-15.4, 12.2)),
    (2, (2.4, 8.2), (-18.4, -10.3), (-15.4, -4.1)),  # a step
    (2, (10.1, 13.3), (1.2, 4.3), (12.2, 27.4)),  # a spike
    (0, (9.2, 14.4), (-6.1, -1.3), (-9.1, 3.2)),  # a hole that is closed on all sides
)
"""Value, then from and to along x, y, z in millimetres from the centre; the later ones are drawn over those before."""


def marker(points: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the value at points (..., 3) in LPS millimetres."""
    offsets = points - CENTRE
    values = np.zeros(points.shape[:-1], np.uint8)
    for value, *sides in _BOXES:
        inside = [(offsets[..., axis] > low) & (offsets[..., axis] < high) for axis, (low, high) in enumerate(sides)]
        values[np.logical_and.reduce(inside)] = value
    return values


def points_of(affine: Affine, shape: Sequence[int]) -> NDArray[np.float64]:
    """Return the centre of each voxel, (z, y, x, 3)."""
    indices = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    return indices @ affine[:3, :3].T + affine[:3, 3]


def marked(volume: Volume) -> Segmentation:
    """Return the marker as the mask of a scan."""
    made = {"model": {"name": "chest-ct", "version": "1.0", "sha256": "5" * 64}}
    return Segmentation(marker(points_of(volume.affine, volume.shape)), volume, provenance=made)


def around_centre(directions: NDArray[np.float64], shape: Sequence[int] = SHAPE) -> Affine:
    """Return the affine of a grid of steps (columns: slices, rows, columns; LPS) with the marker in its middle."""
    affine = np.eye(4)
    affine[:3, :3] = directions
    affine[:3, 3] = CENTRE - directions @ (np.array(shape) - 1) / 2
    return affine


def scanned(affine: Affine, folder: Path, shape: Sequence[int] = SHAPE, **elements: object) -> Path:
    """Write a series of noise whose slices lie where an affine says, and return its folder."""
    noise = np.random.default_rng(7).integers(-900, 100, tuple(shape)).astype(np.int16)
    rows, columns = (np.linalg.norm(affine[:3, axis]) for axis in (1, 2))
    ways = (*affine[:3, 2] / columns, *affine[:3, 1] / rows)
    place = {"orientation": ways, "spacing": (f"{rows:.6f}", f"{columns:.6f}")}
    return save_all(series(noise, step=affine[:3, 0], start=affine[:3, 3], **place, **elements), folder)
