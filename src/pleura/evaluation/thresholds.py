"""What another threshold of the probabilities would have given, and whether a probability of 70 % comes true in 70 %.

Probabilities are bytes, so a case is two counts for each of 256 values: voxels inside and outside the reference. From
these follow all curves, exactly and without keeping a single scan.

References: Guo C, Pleiss G, Sun Y, Weinberger KQ. On calibration of modern neural networks. ICML 2017 (expected
calibration error, reliability diagram).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

THRESHOLDS = np.linspace(0.0, 1.0, 101)
"""A voxel is inside where its probability is at least the threshold."""

BINS = 10
"""Bins of equal width between 0 and 1."""

Counts = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curves:
    """Figures against the threshold, each the mean over the cases, and the reliability over all voxels.

    Attributes
    ----------
    cases : how many
    thresholds, dice, iou, precision, recall : (101,)
    probability, observed, voxels : (10,) by bin: the mean probability stated, the share that was inside, and how many
        voxels; nan where a bin is empty
    ece : expected calibration error over all voxels
    ece_undecided : the same without voxels whose probability is 0 or 1, most of which are far from any lung
    """

    cases: int
    thresholds: Values
    dice: Values
    iou: Values
    precision: Values
    recall: Values
    probability: Values
    observed: Values
    voxels: Counts
    ece: float
    ece_undecided: float


def count_by_probability(probabilities: NDArray[np.uint8], inside: NDArray[np.bool_]) -> Counts:
    """Return (2, 256): voxels outside and inside the reference, by the probability 0..255 that they were given."""
    return np.stack([np.bincount(probabilities[where].ravel(), minlength=256) for where in (~inside, inside)])


def threshold_curves(cases: Sequence[Counts]) -> Curves | None:
    """Return the curves over the counts of each case; None where there are none."""
    if not cases:
        return None
    per_case = np.array([_per_threshold(counts) for counts in cases]).mean(axis=0)
    total = np.sum(cases, axis=0)
    probability, observed, voxels = _reliability(total)
    undecided = total.copy()
    undecided[:, [0, 255]] = 0
    dice, iou, precision, recall = per_case
    return Curves(
        len(cases),
        THRESHOLDS,
        dice,
        iou,
        precision,
        recall,
        probability,
        observed,
        voxels,
        _ece(total),
        _ece(undecided),
    )


def _per_threshold(counts: Counts) -> Values:
    """Return Dice, IoU, precision and recall (4, 101) of one case, empty masks as in `metrics`."""
    first = np.ceil(THRESHOLDS * 255 - 1e-9).astype(int)
    above = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1][:, first]
    wrong, right = above
    size = counts[1].sum()
    marked = right + wrong
    whole = np.stack([size + marked, size + wrong, marked, np.full_like(marked, size)])
    part = np.stack([2 * right, right, right, right])
    shares = np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
    shares[:, (marked == 0) & (size == 0)] = 1.0
    return np.asarray(shares)


def _reliability(counts: Counts) -> tuple[Values, Values, Counts]:
    """Return mean probability, share inside and number of voxels in each bin."""
    bin_of = np.minimum(np.arange(256) * BINS // 255, BINS - 1)
    both = counts.sum(axis=0)
    voxels = np.bincount(bin_of, both, BINS)
    stated, inside = np.bincount(bin_of, both * np.arange(256) / 255, BINS), np.bincount(bin_of, counts[1], BINS)
    with np.errstate(invalid="ignore"):  # an empty bin has no mean
        return stated / voxels, inside / voxels, voxels.astype(np.int64)


def _ece(counts: Counts) -> float:
    probability, observed, voxels = _reliability(counts)
    weights = voxels / max(1, voxels.sum())
    return float(np.nansum(weights * np.abs(probability - observed)))
