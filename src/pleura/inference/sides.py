"""Right or left: the side of each pixel of lung, made to agree over the slices of a scan."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.networks import encoding

Scores = NDArray[np.uint8]

MIN_SEPARATION = 0.5
"""Two lungs side by side reach about 0.8 of the pull that is possible, one lung alone hardly any."""

ORIENTATION_PRIOR = 0.3
"""How much a scan's own orientation weighs against the pull of the network, which is 0.7 to 0.9 where it is sure.

Scans that are mirrored to what they say pull by -0.4 to -0.8, a rare anatomy (aortic arch on the right) by -0.1.
"""

POSITION_BIAS = 96.0
"""How far the place of a pixel moves `side_score` at most: by a difference of 6 between the network's scores."""


def resolve_sides(lung: Scores, side_score: Scores) -> Scores:
    """Return `side_score` with the sides of each slice made to agree with the whole scan.

    The direction from the right to the left lung is where `side_score` grows. Where two lungs lie clearly apart, slices
    that contradict the sum over all slices are exchanged, since no patient turns between slices, and the place of a
    pixel, before or behind the middle of the scan in that direction, decides what the network leaves open. A scan of
    several slices says where left is; only a clear contradiction overrules it, and none does where the scan holds but a
    slab of the lungs, from its first slice to its last: that is too little anatomy to judge by.
    """
    gradients = np.array(
        [_side_gradient(_lung_pixels(plane), sides) for plane, sides in zip(lung, side_score, strict=True)]
    )
    total = gradients[:, :2].sum(axis=0)
    if len(lung) > 1:
        cut = all((plane > encoding.ZERO).any() for plane in (lung[0], lung[-1]))
        total[1] += (1.0 if cut else ORIENTATION_PRIOR) * gradients[:, 2].sum()
    total /= max(float(np.hypot(*total)), 1e-6)
    growth, possible = gradients[:, :2] @ total, gradients[:, 2]
    if float(np.abs(growth).sum()) < MIN_SEPARATION * max(float(possible.sum()), 1e-6):
        return side_score
    two_lungs = np.abs(growth) > MIN_SEPARATION * possible
    some = np.flatnonzero(two_lungs)[:: 1 + len(lung) // 100]
    spans = [_lung_pixels(lung[z]) @ total for z in some]
    middle, spread = np.concatenate(spans).mean(), max(float(np.concatenate(spans).std()), 1.0)
    resolved = side_score.copy()
    resolved[two_lungs & (growth < 0)] = 255 - resolved[two_lungs & (growth < 0)]
    rows, columns = (np.arange(size) * step for size, step in zip(side_score.shape[1:], total, strict=True))
    bias = POSITION_BIAS * np.clip(2.0 * (rows[:, None] + columns - middle) / spread, -1.0, 1.0)
    for plane, sides in zip(lung, resolved, strict=True):
        marked = plane[::2, ::2] > encoding.ZERO
        if marked.any():
            np.copyto(sides, np.clip(sides + bias, 0, 255), where=marked, casting="unsafe")
    return resolved


def _lung_pixels(lung: Scores) -> NDArray[np.intp]:
    """Return the rows and columns (n, 2) of the lung of a slice, on every second pixel."""
    return np.argwhere(lung[::2, ::2] > encoding.ZERO)


def _side_gradient(pixels: NDArray[np.intp], side_score: Scores) -> tuple[float, float, float]:
    """Return how `side_score` grows over the lung of a slice, by rows and by columns, and how much it could at most."""
    if not len(pixels):
        return 0.0, 0.0, 0.0
    evidence = side_score[pixels[:, 0], pixels[:, 1]].astype(np.float32) - encoding.ZERO
    apart = pixels - pixels.mean(axis=0)
    down, across = evidence @ apart
    return float(down), float(across), float(np.abs(evidence) @ np.hypot(apart[:, 0], apart[:, 1]))
