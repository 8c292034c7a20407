"""Many cases in a few numbers, with how far chance alone could have moved them.

Cases of one patient are alike, so every interval is drawn over patients, not over cases: a bootstrap of `DRAWS` draws
from a fixed seed. Figures may be infinite (a distance to an empty mask): ranks take that as it is, means leave it out
and say how many they left.

References: Efron B, Tibshirani R. An introduction to the bootstrap. Chapman & Hall (1993), percentile intervals.
Wilcoxon F. Individual comparisons by ranking methods. Biometrics Bulletin 1 (1945) 80-83.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pleura.errors import missing_extra
from pleura.evaluation.scoring import Score

SEED, DRAWS = 0, 2000
"""Of the bootstrap: 50 draws lie beyond either end of the interval, so that its ends hardly depend on the seed."""
CONFIDENCE = 0.95
"""Of the intervals: what papers of the field give."""
WORST_SHARE = 0.05
"""The share of cases that is worse than what is called the worst 5 %."""

Values = NDArray[np.float64]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Metric:
    """A figure of `Agreement`: what it is called, its unit, and which way is better.

    `better` is "high", "low", or "zero" for errors with a sign. `unit` "length" is that of the case.
    """

    name: str
    title: str
    unit: str
    better: str


METRICS = (
    Metric("dice", "Dice", "", "high"),
    Metric("iou", "IoU", "", "high"),
    Metric("precision", "Precision", "", "high"),
    Metric("recall", "Recall", "", "high"),
    Metric("surface_dice_1", "Surface Dice 1", "", "high"),
    Metric("surface_dice_2", "Surface Dice 2", "", "high"),
    Metric("surface_dice_3", "Surface Dice 3", "", "high"),
    Metric("hd95", "HD95", "length", "low"),
    Metric("assd", "ASSD", "length", "low"),
    Metric("volume_error_ml", "Volume error", "ml", "zero"),
    Metric("volume_error_percent", "Volume error", "%", "zero"),
)
LENGTHS = {"hd95", "assd", "surface_dice_1", "surface_dice_2", "surface_dice_3"}
"""Figures that mean something else in pixels than in millimetres."""


@dataclass(frozen=True)
class Summary:
    """One figure over all cases.

    Attributes
    ----------
    cases, infinite : how many count, and how many of these are infinite
    median, mean : the mean over finite ones; None where there are none
    interval : 95 % bootstrap interval of the mean, by patient; None for fewer than two patients
    worst_5_percent : the figure that 5 % of the cases are worse than: by nearest rank, towards the worse
    worst : of all
    """

    cases: int
    infinite: int
    median: float | None
    mean: float | None
    interval: Interval | None
    worst_5_percent: float | None
    worst: float | None


@dataclass(frozen=True)
class Difference:
    """One figure of a second set of predictions less the first, over the same cases.

    Attributes
    ----------
    cases : pairs that are finite in both
    mean : of the differences; None where there are none
    interval : 95 % bootstrap interval of that mean, by patient; None for fewer than two patients
    p : two-sided Wilcoxon signed-rank test over the patients' mean differences; 1.0 where all are zero
    better, worse : pairs in which the second is better, worse
    """

    cases: int
    mean: float | None
    interval: Interval | None
    p: float | None
    better: int
    worse: int


def column(scores: Sequence[Score], structure: str, metric: str, unit: str) -> tuple[Values, NDArray[np.int64]]:
    """Return the figure of every case that has it, and the patient of each.

    Figures that depend on the unit of length are taken of cases in `unit` alone, and of those that failed.
    """
    rows = [
        (float(value), score.patient)
        for score in scores
        if (agreement := score.agreements.get(structure)) is not None
        and (value := getattr(agreement, metric)) is not None
        and (score.unit == unit or score.error or metric not in LENGTHS)
    ]
    return np.array([value for value, _ in rows]), np.array([patient for _, patient in rows], np.int64)


def summarise(values: Values, patients: NDArray[np.int64], better: str) -> Summary:
    """Return the figures of one column; `better` as in `Metric`."""
    if not values.size:
        return Summary(0, 0, None, None, None, None, None)
    finite = np.isfinite(values)
    badness = {"high": -values, "low": values, "zero": np.abs(values)}[better]
    order = np.argsort(badness, kind="stable")
    return Summary(
        cases=values.size,
        infinite=int(np.count_nonzero(~finite)),
        median=float(np.median(values)),
        mean=float(values[finite].mean()) if finite.any() else None,
        interval=bootstrap(values[finite], patients[finite]),
        worst_5_percent=float(values[order[int(np.ceil((1 - WORST_SHARE) * (values.size - 1)))]]),
        worst=float(values[order[-1]]),
    )


def bootstrap(values: Values, patients: NDArray[np.int64]) -> Interval | None:
    """Return the interval of the mean when patients, each with all of their cases, are drawn again and again."""
    names, group = np.unique(patients, return_inverse=True)
    if names.size < 2:
        return None
    sums, counts = np.bincount(group, values), np.bincount(group)
    draws = _draws(names.size)
    low, high = np.percentile((draws @ sums) / (draws @ counts), [50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE)])
    return float(low), float(high)


@lru_cache(maxsize=2)
def _draws(patients: int) -> NDArray[np.int64]:
    """Return how often each patient is drawn, (DRAWS, patients): the same for every figure, and most of the work.

    Two are kept, since distances that are infinite leave patients out.
    """
    return np.random.default_rng(SEED).multinomial(patients, np.full(patients, 1 / patients), size=DRAWS)


def compare(first: Sequence[Score], second: Sequence[Score], structure: str, metric: Metric, unit: str) -> Difference:
    """Return how the second scores of the same cases, in the same order, differ from the first in one figure."""
    pairs = [
        (after[0] - before[0], abs(after[0]) - abs(before[0]), patient[0])
        for one, other in zip(first, second, strict=True)
        for before, patient in [column([one], structure, metric.name, unit)]
        for after, _ in [column([other], structure, metric.name, unit)]
        if before.size and after.size and np.isfinite(before[0]) and np.isfinite(after[0])
    ]
    if not pairs:
        return Difference(0, None, None, None, 0, 0)
    differences, sizes = (np.array([pair[part] for pair in pairs]) for part in (0, 1))
    patients = np.array([pair[2] for pair in pairs], np.int64)
    gain = {"high": differences, "low": -differences, "zero": -sizes}[metric.better]
    return Difference(
        cases=len(pairs),
        mean=float(differences.mean()),
        interval=bootstrap(differences, patients),
        p=_wilcoxon(differences, patients),
        better=int(np.count_nonzero(gain > 0)),
        worse=int(np.count_nonzero(gain < 0)),
    )


def _wilcoxon(differences: Values, patients: NDArray[np.int64]) -> float:
    try:
        from scipy.stats import wilcoxon
    except ImportError as error:
        raise missing_extra("scipy", "evaluate") from error
    _, group = np.unique(patients, return_inverse=True)
    by_patient = np.bincount(group, differences) / np.bincount(group)
    if not by_patient.any():
        return 1.0
    # Ties make SciPy's exact method unfit, and by default it turns to the normal approximation without a word.
    return float(wilcoxon(by_patient).pvalue)
