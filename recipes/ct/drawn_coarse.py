"""A coarse segmentation for slices that have no scan around them, drawn from their labels, and often wrong.

Two hundred patients are known by single slices alone. With a coarse segmentation drawn for them, the network learns on
all of them what it may believe: blobs of it lie where no lung is, as over aorta, heart and liver, and others lack.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pleura.networks import encoding

BLURRED = (3.0, 8.0)
"""Pixels by which a true mask is blurred: cells have about 3 and borders of the coarse network are wider."""

FAR = 25.0
"""Pixels over which sides fade where no lung is."""


def draw_coarse(labels: NDArray[np.integer], rng: np.random.Generator, *, sides: bool) -> NDArray[np.float32]:
    """Return lung and side score (2, y, x), 0 to 1, for labels (y, x): 1 right, 2 left, 255 unknown."""
    right, left = ((labels == side).astype(np.float32) for side in (1, 2))
    lung = ndimage.gaussian_filter(right + left, rng.uniform(*BLURRED))
    lung = np.clip((lung - 0.5) * rng.uniform(1.0, 2.0) + 0.5, 0, 1)
    for _ in range(int(rng.integers(0, 4))):
        blob, says = _blob(labels, rng), rng.uniform(0.1, 0.95)
        lung = lung * (1 - blob) + says * blob
    if not sides or not (right.any() or left.any()):
        return np.stack([lung, np.full_like(lung, encoding.ZERO / 255)])
    near = [ndimage.gaussian_filter(side, FAR) + 1e-4 for side in (right, left)]
    share = near[1] / (near[0] + near[1])
    fading = np.clip(3 * (near[0] + near[1]), 0, 1)
    return np.stack([lung, 0.5 + (share - 0.5) * fading]).astype(np.float32)


def _blob(labels: NDArray[np.integer], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a soft ellipse, 0 to 1: half of them between the lungs or beside them, the others anywhere."""
    height, width = labels.shape
    lung = np.argwhere((labels == 1) | (labels == 2))
    centre = rng.uniform(0.1, 0.9, 2) * (height, width)
    if len(lung) and rng.random() < 0.6:
        first, second = lung[rng.integers(len(lung), size=2)]
        centre = (first + second) / 2 + rng.normal(0, 12, 2)
    rows, columns = np.arange(height)[:, None] - centre[0], np.arange(width)[None, :] - centre[1]
    radii = np.exp(rng.uniform(np.log(6), np.log(45), 2))
    far = np.sqrt((rows / radii[0]) ** 2 + (columns / radii[1]) ** 2)
    blob: NDArray[np.float32] = (1 / (1 + np.exp((far - 1) * rng.uniform(3, 10)))).astype(np.float32)
    return blob
