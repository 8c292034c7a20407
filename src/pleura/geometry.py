"""Affines of grids: axial order and back, millimetres, LPS and RAS, and whether two grids are one.

An affine is (4, 4) and leads from array index (k, j, i, 1) to patient millimetres, LPS; see `pleura.volume`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.volume import Affine, Spacing

SAME_GRID = 0.1
"""Voxels by which the corners of two grids may lie apart and still count as one; rounding in headers does that much."""


def axial_order(affine: Affine) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Say how to turn an array so that its axes run (to the head, to the back, to the patient's left).

    Parameters
    ----------
    affine : (4, 4) array index -> LPS millimetres

    Returns
    -------
    axes : for the turned axes (z, y, x), the source axis each is taken from
    flips : for the turned axes, whether the source axis has to be reversed

    Each patient axis is given the array axis closest to it, the best-aligned pair first, so oblique scans are
    turned by less than 45 degrees off and none of the 48 orientations is ambiguous.
    """
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    strength = np.abs(directions)
    axes = [0, 0, 0]
    flips = [False, False, False]
    for _ in range(3):
        patient, source = np.unravel_index(int(np.argmax(strength)), (3, 3))
        turned = 2 - int(patient)  # patient x, y, z are the array axes 2, 1, 0
        axes[turned] = int(source)
        flips[turned] = bool(directions[patient, source] < 0)
        strength[patient, :] = -1.0
        strength[:, source] = -1.0
    return (axes[0], axes[1], axes[2]), (flips[0], flips[1], flips[2])


def to_axial(array: Array, affine: Affine) -> Array:
    """Return a view of `array`, turned so that its axes run (head, back, left); see `axial_order`."""
    axes, flips = axial_order(affine)
    step = tuple(slice(None, None, -1) if flip else slice(None) for flip in flips)
    return array.transpose(axes)[step]


def from_axial(array: Array, affine: Affine) -> Array:
    """Return a view of an array in axial order, turned back to the grid that `affine` describes."""
    axes, flips = axial_order(affine)
    step = tuple(slice(None, None, -1) if flip else slice(None) for flip in flips)
    return array[step].transpose(np.argsort(axes))


def axial_affine(affine: Affine, shape: Sequence[int]) -> Affine:
    """Return the affine of an array of this shape once `to_axial` has turned it."""
    axes, flips = axial_order(affine)
    turn = np.zeros((4, 4))
    turn[3, 3] = 1.0
    for new, (old, flip) in enumerate(zip(axes, flips, strict=True)):
        turn[old, new] = -1.0 if flip else 1.0
        turn[old, 3] = shape[old] - 1 if flip else 0.0
    turned: Affine = affine @ turn
    return turned


def affine_from_spacing(spacing: Sequence[float]) -> Affine:
    """Return the affine of an array whose axes run (to the head, to the back, to the left), starting at 0.

    Parameters
    ----------
    spacing : millimetres along (z, y, x)
    """
    affine = np.zeros((4, 4))
    for axis, step in enumerate(spacing):
        affine[2 - axis, axis] = step
    affine[3, 3] = 1.0
    return affine


def spacing_of(affine: Affine) -> Spacing:
    """Return the millimetres between voxel centres along the axes of an array, in their own order."""
    z, y, x = np.linalg.norm(affine[:3, :3], axis=0)
    return float(z), float(y), float(x)


def axial_spacing(affine: Affine) -> Spacing:
    """Return the millimetres between voxel centres along (z, y, x) of an array once it is in axial order."""
    steps = spacing_of(affine)
    z, y, x = axial_order(affine)[0]
    return steps[z], steps[y], steps[x]


def swap_lps_ras(affine: NDArray[np.float64]) -> Affine:
    """Turn an affine of array index (k, j, i) -> LPS into one of voxel index (i, j, k) -> RAS, or that one back.

    References
    ----------
    https://nifti.nimh.nih.gov/nifti-1 (x grows to the patient's right, y to the front, z to the head)
    """
    turned = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    return turned[:, [2, 1, 0, 3]]


def corner_distance(shape: Sequence[int], affine: Affine, other: Affine) -> float:
    """Return how many millimetres two grids of one shape lie apart where they differ most, which is at a corner."""
    corners = np.array([(*corner, 1.0) for corner in np.ndindex(2, 2, 2)]) * (*np.subtract(shape, 1), 1)
    return float(np.linalg.norm((corners @ (affine - other).T)[:, :3], axis=1).max())


def grid_shift(shape: Sequence[int], affine: Affine, other: Affine) -> float:
    """Return `corner_distance` in voxels of the finest axis of the first grid."""
    return corner_distance(shape, affine, other) / min(spacing_of(affine))


def same_grid(shape: Sequence[int], affine: Affine, other_shape: Sequence[int], other: Affine) -> bool:
    """Say whether two grids are one, voxel for voxel, but for rounding in headers (`SAME_GRID`)."""
    return tuple(shape) == tuple(other_shape) and grid_shift(shape, affine, other) < SAME_GRID


def on_same_voxels(shape: Sequence[int], affine: Affine, other: Affine) -> bool:
    """Say whether each voxel of a grid lies on one of another: whole steps aside, turned or mirrored (`SAME_GRID`).

    Parameters
    ----------
    shape : of the first grid; how far the other one reaches is not asked
    """
    there = np.linalg.inv(other) @ affine
    steps = np.abs(np.rint(there[:3, :3]))
    if not ((steps.sum(0) == 1).all() and (steps.sum(1) == 1).all()):
        return False
    last = np.subtract(shape, 1)
    return bool((np.abs(there - np.rint(there))[:3] * (*last, 1)).sum(1).max() < SAME_GRID)


def bounding_box(mask: NDArray[np.bool_]) -> tuple[slice, ...] | None:
    """Return the smallest box, a slice for each axis, around what is True; None where nothing is."""
    box = []
    for axis in range(mask.ndim):
        others = tuple(other for other in range(mask.ndim) if other != axis)
        hit = np.flatnonzero(mask.any(axis=others))
        if not hit.size:
            return None
        box.append(slice(int(hit[0]), int(hit[-1]) + 1))
    return tuple(box)
