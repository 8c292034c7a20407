"""How the slices of a mask follow on each other: what is there in one and in neither neighbour, and where lungs end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.labels import LEFT, RIGHT
from pleura.quality.grid import Bytes, Mask

FEWEST = 3
"""Slices that have neighbours to compare."""


def unsteady(marked: Mask) -> Mask:
    """Return the voxels that differ from both neighbours along z, which are alike; none at the ends."""
    found = np.zeros_like(marked)
    if len(marked) >= FEWEST:
        found[1:-1] = (marked[:-2] == marked[2:]) & (marked[1:-1] != marked[2:])
    return found


def difference_of_bases(labels: Bytes) -> float:
    """Return how many slices apart both lungs begin, as a share of the slices that hold lung; 0 without both."""
    slices = [np.flatnonzero((labels == side).any(axis=(1, 2))) for side in (RIGHT, LEFT)]
    if len(labels) < FEWEST or not all(len(one) for one in slices):
        return 0.0
    height = max(one[-1] for one in slices) - min(one[0] for one in slices) + 1
    return float(abs(int(slices[0][0]) - int(slices[1][0]))) / float(height)


def by_slice(mask: Mask) -> NDArray[np.float64]:
    """Return how many pixels of each slice are in a mask."""
    return np.asarray(np.count_nonzero(mask, axis=(1, 2)), np.float64)
