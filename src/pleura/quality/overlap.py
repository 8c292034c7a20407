"""The Dice that the network's own probabilities let expect of a mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def expected_overlap(mask: NDArray[np.bool_], probability: NDArray[np.uint8]) -> float:
    """Return the Dice that a mask has with a truth drawn by the probabilities, 0 to 1; 1 where both are empty.

    Twice the expected overlap over the expected sum of sizes, voxel by voxel; exact but for the variance of the sum,
    which is small where voxels are many.

    Parameters
    ----------
    mask, probability : of one shape; 255 is certain
    """
    total = float(np.count_nonzero(mask)) + float(probability.sum(dtype=np.int64)) / 255.0
    both = float(probability[mask].sum(dtype=np.int64)) / 255.0
    return 2.0 * both / total if total else 1.0
