"""Scores of two drawn lungs, as the network of a CT gives them."""

from __future__ import annotations

import numpy as np

LUNG, OUTSIDE = 220, 40


def scores(shape: tuple[int, int, int] = (12, 64, 64)) -> tuple[np.ndarray, np.ndarray]:
    """Return `lung` with nothing in it, and `side_score` with right in the first half of the columns."""
    side_score = np.full((shape[0], shape[1] // 2, shape[2] // 2), 30, np.uint8)
    side_score[:, :, shape[2] // 4 :] = 220
    return np.full(shape, OUTSIDE, np.uint8), side_score


def two_lungs() -> tuple[np.ndarray, np.ndarray]:
    lung, side_score = scores()
    lung[2:10, 10:50, 5:28] = LUNG
    lung[2:10, 10:50, 36:59] = LUNG
    return lung, side_score
