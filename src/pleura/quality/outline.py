"""How far the lungs reach to all sides of the chest, right against left: lung without air that was left out is missing.

The outline of a lung at the ribs is about the mirror image of the other one's, while heart and liver lie further
inside. So the mask is seen from the middle of the chest: how far it reaches in each direction. Where it reaches less
far than on the other side, and the scan shows solid tissue there, something may be missing. Slices below the end of one
lung, or above it, say nothing of that: there lies what a raised diaphragm leaves, and how far apart lungs end is a
signal of its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.labels import LEFT, RIGHT
from pleura.quality.grid import Grid, Mask

DIRECTIONS, STEPS = 48, 44
"""Directions in a slice, 7.5 degrees apart, and steps along each: on a grid of 128 pixels a step is two of them, and at
the outline of a lung, some 60 from the middle, two directions lie eight apart."""

REACH = 0.75
"""Part of the side of the grid that is looked at along a direction: more than half of its diagonal."""

OUTERMOST = 1.0
"""Percent of the mask's pixels beyond the sides between which the middle lies: specks do not shift it."""


def missing_by_symmetry(grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the solid area in pixels by which each side reaches less far than the other, right and left, both (z,).

    What the scan does not hold, or shows as air, is not missing. Nor is what the other side misses as well, in another
    direction: of patients who lie turned, each side reaches further in some. Of two lungs the slices between the ends
    of either are looked at; where there is one alone, all.
    """
    mask = grid.marked
    angle = (np.arange(DIRECTIONS) + 0.5) * 2 * np.pi / DIRECTIONS
    step = REACH * max(mask.shape[1:]) / STEPS
    rows, columns, inside = _rays(mask, angle, step)
    reach = np.where(mask[:, rows, columns] & inside, np.arange(1, STEPS + 1), 0).max(axis=2)
    other = reach[:, (DIRECTIONS // 2 - 1 - np.arange(DIRECTIONS)) % DIRECTIONS]
    steps = np.arange(STEPS)
    beyond = (steps >= reach[..., None]) & (steps < other[..., None])
    beyond &= (grid.planes[:, rows, columns] > grid.tissue) & inside
    missing = (beyond * (steps + 0.5)).sum(axis=2) * step**2 * 2 * np.pi / DIRECTIONS
    missing[~_between_ends(grid)] = 0.0
    to_the_right = np.cos(angle) < 0  # of the patient, whose left lies at greater x
    right, left = missing[:, to_the_right].sum(axis=1), missing[:, ~to_the_right].sum(axis=1)
    return np.maximum(right - left, 0.0), np.maximum(left - right, 0.0)


def _between_ends(grid: Grid) -> NDArray[np.bool_]:
    """Return which slices lie between the ends of the right lung and of the left, (z,); all where one is missing."""
    found = np.ones(len(grid.labels), np.bool_)
    ends = [np.flatnonzero((grid.labels == side).any(axis=(1, 2))) for side in (RIGHT, LEFT)]
    if all(len(one) for one in ends):
        found[: max(one[0] for one in ends)] = False
        found[min(one[-1] for one in ends) + 1 :] = False
    return found


def _rays(
    mask: Mask, angle: NDArray[np.float64], step: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """Return rows and columns of the pixels along each direction, and which lie on the grid, (directions, steps)."""
    far = (np.arange(STEPS) + 0.5) * step
    row, column = _middle(mask)
    rows = np.rint(row + np.sin(angle)[:, None] * far).astype(int)
    columns = np.rint(column + np.cos(angle)[:, None] * far).astype(int)
    inside = (rows >= 0) & (rows < mask.shape[1]) & (columns >= 0) & (columns < mask.shape[2])
    return rows.clip(0, mask.shape[1] - 1), columns.clip(0, mask.shape[2] - 1), inside


def _middle(mask: Mask) -> tuple[float, float]:
    """Return the row of the mask's centre, and the column half way between its sides."""
    rows, columns = (np.count_nonzero(mask, axis=axes) for axes in ((0, 2), (0, 1)))
    row = float(rows @ np.arange(len(rows))) / max(int(rows.sum()), 1)
    share = np.cumsum(columns) / max(int(columns.sum()), 1)
    first, last = np.searchsorted(share, [OUTERMOST / 100, 1 - OUTERMOST / 100])
    return row, (int(first) + int(last)) / 2
