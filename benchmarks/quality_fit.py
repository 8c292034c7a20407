"""The calibration of the quality: a few weights by least squares, none below zero, held near what anatomy says of them.

With so few patients, and kinds of failure that no case shows, a free fit does not carry over. So each weight is held to
a prior: what share of a signal's excess is an error if the signal means what it seems to.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from quality_cases import UNDISTURBED
from quality_run import Record
from scipy.optimize import nnls

from pleura.labels import BOTH_LUNGS
from pleura.quality.calibration import MOST_EXCESS, Calibration
from pleura.quality.signals import MIRRORED, NAMES

Array = NDArray[Any]

PRIOR = {
    "uncertain": 1.0,
    "uneven": 0.8,
    "border_in_air": 0.5,
    "border_in_tissue": 0.5,
    "border_reversed": 0.5,
    "solid": 0.7,
    "empty": 0.7,
    "air_left_out": 0.3,
    "unsteady": 1.0,
    "bases": 0.15,
    MIRRORED: 0.5,
}
"""Error for each part of a signal's excess. Of area that is missing a half is lost to the Dice; rays between the other
lung's reach and this one's see some of it alone. Of the scans whose bases lie far apart half have a raised diaphragm
and a good mask: half of 0.3, what a missing base takes from both lungs."""

PRIOR_FLAGS = {
    "inverted": 0.9,
    "not-a-chest": 0.3,
    "air-without-vessels": 0.15,
    "one-lung": 0.1,
    "unequal-lungs": 0.05,
    "solid-tissue": 0.05,
    "part-in-air": 0.05,
}
"""Error that a flag lets expect."""

HARMLESS = (
    UNDISTURBED,
    *("noise", "blur", "motion", "metal", "mirrored", "upside-down", "resampled", "painted fibrosis"),
)
"""Kinds whose good masks say what is normal: in the others something is missing or too much, even of a good mask."""

TURNED = ("mirrored", "upside-down")
"""Kinds that exchange sides: of a picture nothing says so, of a scan its anatomy does."""

GOOD = 0.05
"""Error up to which a mask is good."""

NORMAL = {"scan": 0.85, "slice": 0.95, "grey": 0.95, "radiograph": 0.95}
"""Quantile of good masks that is the normal level of a signal, by family. Tried: 0.9, at which good slices exchange
ranks. Of whole scans there are 15 patients, of whom one has a raised diaphragm and one a collapsed lung."""

HOLD, HOLD_SIGNAL, HOLD_FLAG = 30.0, 0.5, 0.5
"""How much priors weigh: as so many cases whose signal exceeds its level by this, or that have the flag for a half.
Tried for signals, with kinds left out: 0.05 to 0.15 (area under the risk-coverage curve 1.5 to 1.37 of an oracle's),
0.3 to 1 (1.27 to 1.29)."""

MOST_ERROR = 0.3
"""Errors above it are as bad: none is to outweigh a hundred others."""

KNOTS = (0.0, 0.25, 0.5, 0.7, 0.8, 0.9, 0.96, 1.0)
"""Quantiles of the scores between which the knots take their means."""

RADIOGRAPH_FAMILIES, CT_FAMILIES = ("radiograph",), ("scan", "slice", "grey")


def rows(records: Sequence[Record], part: str) -> list[tuple[Record, str]]:
    """Return records with each structure that a part of the calibration is about."""
    if part == "one":
        records = [one for one in records if one.family == "scan" or one.kind not in TURNED]
    names = [BOTH_LUNGS] if part == "both" else ["right lung", "left lung"]
    return [(one, name) for one in records for name in names if name in one.signals and name in one.dice]


def errors(found: Sequence[tuple[Record, str]]) -> Array:
    """Return 1 - Dice of each row."""
    return np.array([1.0 - one.dice[name] for one, name in found])


def fit(records: Sequence[Record], part: str, names: Sequence[str] = NAMES) -> dict[str, Calibration]:
    """Return the calibration of each family of the records from signals of these names; weights are shared."""
    found = [(one, name) for one, name in rows(records, part) if set(names) <= set(one.signals[name])]
    wrong, families = errors(found), np.array([one.family for one, _ in found])
    kinds = np.array([one.kind for one, _ in found])
    signals = np.array([[one.signals[name][key] for key in names] for one, name in found])
    quiet = (kinds == UNDISTURBED) & (wrong <= GOOD)
    base = round(float(np.median(wrong[quiet]) / np.median(signals[quiet, names.index("uncertain")])), 4)
    harmless = np.isin(kinds, HARMLESS) & (wrong <= GOOD)
    normal = {
        family: np.quantile(signals[harmless & (families == family)], NORMAL[family], axis=0)
        for family in set(families)
    }
    above = signals - np.array([normal[family] for family in families])
    weights = _weights(found, above, wrong, names)
    bare = {
        family: Calibration(base, _named(level, names), _named(weights, names), _flags(weights[len(names) :]), ())
        for family, level in normal.items()
    }
    return {family: with_knots(one, found, wrong) for family, one in bare.items()}


def _named(values: Array, names: Sequence[str]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=False)}


def _flags(values: Array) -> dict[str, float]:
    return {code: round(float(value), 4) for code, value in zip(PRIOR_FLAGS, values, strict=True)}


def _weights(found: Sequence[tuple[Record, str]], above: Array, wrong: Array, names: Sequence[str]) -> Array:
    """Return the weight of each signal and of each flag."""
    flagged = np.array([[code in one.codes for code in PRIOR_FLAGS] for one, _ in found], float)
    design = np.hstack([np.clip(above, 0.0, MOST_EXCESS), flagged])
    prior = np.array([*(PRIOR[name] for name in names), *PRIOR_FLAGS.values()])
    hold = np.sqrt(HOLD) * np.array([HOLD_SIGNAL] * len(names) + [HOLD_FLAG] * len(PRIOR_FLAGS))
    target = np.concatenate([np.minimum(wrong, MOST_ERROR), hold * prior])
    weights, _ = nnls(np.vstack([design, np.diag(hold)]), target)
    return np.asarray(weights)


def scores(calibration: Calibration, found: Sequence[tuple[Record, str]]) -> Array:
    """Return the score of each row."""
    return np.array([calibration.score(one.signals[name], one.codes) for one, name in found])


def with_knots(calibration: Calibration, found: Sequence[tuple[Record, str]], wrong: Array) -> Calibration:
    """Return the calibration with knots through the errors of rows, by groups of about equal scores."""
    score = scores(calibration, found)
    edges = np.unique(np.quantile(score, KNOTS))
    knots = [(0.0, 0.0, 0.0, 0.0)]
    for low, high in pairwise(edges):
        here = (score >= low) & (score <= high)
        group = wrong[here]
        found_here = (float(group.mean()), *(float(value) for value in np.quantile(group, [0.05, 0.95])))
        rising = [max(new, old) for new, old in zip(found_here, knots[-1][1:], strict=True)]
        knots.append((float(np.median(score[here])), *rising))
    knots = [tuple(round(value, 4) for value in knot) for knot in knots]
    return Calibration(calibration.base, calibration.normal, calibration.weights, calibration.flags, tuple(knots))
