"""How likely each pixel is to belong to a structure, as bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.grid import FieldOfView
from pleura.networks import encoding


def likeliest(probabilities: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the likeliest class of each pixel, the first of equals, from probabilities (classes, ...).

    As `argmax` over the first axis, which takes twenty times as long.
    """
    highest, found = probabilities[0].copy(), np.zeros(probabilities.shape[1:], np.uint8)
    for label in range(1, len(probabilities)):
        found[probabilities[label] > highest] = label
        np.maximum(highest, probabilities[label], out=highest)
    return found


def lung_probability(lung: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the probability of lung, 255 for certain, from `lung` as `pleura.inference.backends` defines it."""
    logits = (np.arange(256) - encoding.ZERO) / encoding.STEPS_PER_LOGIT
    table = np.rint(255.0 / (1.0 + np.exp(-logits))).astype(np.uint8)
    return table[lung]


def enlarge(probabilities: NDArray[np.uint8], fov: FieldOfView) -> NDArray[np.uint8]:
    """Return probabilities (n, s, s) as (n, height, width) of the field of view, between neighbours linearly."""
    from PIL import Image

    size = fov.width, fov.height
    planes = [Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR) for plane in probabilities]
    return np.stack([np.asarray(plane) for plane in planes])
