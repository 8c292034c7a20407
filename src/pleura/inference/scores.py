"""Planes in, scores out: the network over a whole scan, each plane with its neighbours beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.backends import Backend

BATCH = 4
"""Planes given to the network at a time."""


def score_planes(
    planes: NDArray[np.uint8], step: float | None, context_mm: float, backend: Backend
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return `lung` (z, side, side) and `away` (z, side / 2, side / 2), as `pleura.inference.backends` defines them.

    `step` is the distance of the planes in millimetres, None where it is not known; the neighbours shown to the
    network are those closest to `context_mm` away, the plane itself standing in beyond the ends.
    """
    count, side, _ = planes.shape
    gap = max(1, round(context_mm / step)) if step else 1
    lung = np.empty((count, side, side), np.uint8)
    away = np.empty((count, side // 2, side // 2), np.uint8)
    for start in range(0, count, BATCH):
        here = np.arange(start, min(start + BATCH, count))
        below, above = np.maximum(here - gap, 0), np.minimum(here + gap, count - 1)
        lung[here], away[here] = backend(planes[np.stack([below, here, above], axis=1)])
    return lung, away
