"""From signals and flags to the Dice to expect: a few weights, found on cases with known truth.

The network's own expectation is the least error that is expected. What exceeds the normal level of the other signals
counts by a weight each, and flags by one each; where their sum is more, it is taken. Knots then lead from this score to
the error that such masks had: the mean, and the range that holds nine in ten. The numbers are made by
`benchmarks/quality.py`, and hold for the networks alone that made its masks: their hashes stand beside them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import numpy as np

from pleura.conventions import QualityMode
from pleura.quality.record import ExpectedDice

Family = Literal["scan", "slice", "grey", "radiograph"]
"""Whole CT in HU, up to two slices of one, CT in greys, radiograph."""

Scope = Literal["both", "one"]
"""All that was marked, or one lung of two."""

MOST_EXCESS = 0.5
"""Excess of a signal above which it says no more: by weights of a half, as most are, it rejects a mask by itself."""


@dataclass(frozen=True)
class Calibration:
    """The numbers of one family, for both lungs or for one.

    Attributes
    ----------
    base : error to expect for each part of the network's own
    normal : signal -> level that nine in ten good masks stay below
    weights : signal -> error for each part of the excess
    flags : code -> error
    knots : (n, 4): scores, ascending, and of each the mean error of such masks, and the least and most of nine in ten
    """

    base: float
    normal: Mapping[str, float]
    weights: Mapping[str, float]
    flags: Mapping[str, float]
    knots: tuple[tuple[float, ...], ...]

    def contributions(self, signals: Mapping[str, float], codes: Collection[str]) -> dict[str, float]:
        """Return the error that each signal beyond its normal level, and each flag, lets expect."""
        excess = {name: min(max(signals[name] - level, 0.0), MOST_EXCESS) for name, level in self.normal.items()}
        found = {name: self.weights[name] * above for name, above in excess.items() if above > 0}
        return found | {code: error for code, error in self.flags.items() if code in codes}

    def score(self, signals: Mapping[str, float], codes: Collection[str]) -> float:
        """Return the error to expect before the knots."""
        return float(max(self.base * signals["uncertain"], sum(self.contributions(signals, codes).values())))

    def expected_dice(self, score: float) -> ExpectedDice:
        """Return the Dice to expect of a mask of this score, to three digits."""
        scores, *errors = zip(*self.knots, strict=True)
        mean, least, most = (float(np.interp(score, scores, one)) for one in errors)
        high, low = max(1 - least, 1 - mean), min(1 - most, 1 - mean)
        return ExpectedDice(round(1 - mean, 3), round(low, 3), round(high, 3))


def calibration(family: Family, scope: Scope, mode: QualityMode = "fast") -> Calibration:
    """Return the numbers of a family that come with the package; "full" ones need the signal of the mirror image."""
    return from_data(_numbers()[mode][family][scope])


def is_calibrated(sha256: str) -> bool:
    """Say whether the numbers were found on masks of the network with this hash."""
    return sha256 in {model["sha256"] for model in _numbers()["models"]}


@cache
def _numbers() -> dict[str, Any]:
    text = (resources.files("pleura.quality") / "calibration.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def from_data(found: Mapping[str, Any]) -> Calibration:
    """Return a calibration from what JSON holds."""
    return Calibration(**{**found, "knots": tuple(tuple(knot) for knot in found["knots"])})
