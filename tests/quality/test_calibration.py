"""Signals and flags lead to the Dice to expect by numbers that come with the package."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from pleura.conventions import QualityMode
from pleura.inference.bundle import SHIPPED, load_bundle
from pleura.quality.calibration import MOST_EXCESS, Calibration, Family, Scope, calibration, is_calibrated
from pleura.quality.flags import SEVERITY
from pleura.quality.signals import MIRRORED, NAMES

KNOTS = ((0.0, 0.0, 0.0, 0.0), (0.02, 0.01, 0.005, 0.03), (0.1, 0.2, 0.05, 0.6))
SMALL = Calibration(1.5, {"uncertain": 0.02, "solid": 0.01}, {"uncertain": 0.0, "solid": 2.0}, {"inverted": 0.9}, KNOTS)


def test_sure_and_normal_mask_has_what_the_network_expects() -> None:
    assert SMALL.score({"uncertain": 0.01, "solid": 0.01}, ()) == pytest.approx(0.015)


def test_signal_above_its_normal_level_counts_by_its_weight() -> None:
    signals = {"uncertain": 0.01, "solid": 0.06}
    assert SMALL.contributions(signals, ()) == {"solid": pytest.approx(0.1)}
    assert SMALL.score(signals, ()) == pytest.approx(0.1)


def test_excess_counts_up_to_a_bound_and_flags_besides() -> None:
    signals = {"uncertain": 0.0, "solid": 0.9}
    assert SMALL.contributions(signals, ["inverted"]) == {"solid": 2 * MOST_EXCESS, "inverted": 0.9}


def test_score_between_knots_is_read_off_the_line_between_them() -> None:
    found = SMALL.expected_dice(0.06)  # half way
    assert (found.expected, found.low, found.high) == (0.895, 0.685, 0.973)


def test_estimate_lies_in_its_interval_even_where_few_masks_are_bad() -> None:
    skewed = replace(SMALL, knots=((0.0, 0.1, 0.0, 0.05), (1.0, 0.1, 0.0, 0.05)))
    found = skewed.expected_dice(0.5)
    assert found.low == found.expected == 0.9


@pytest.mark.parametrize("scope", get_args(Scope))
@pytest.mark.parametrize("family", get_args(Family))
@pytest.mark.parametrize("mode", ["fast", "full"])
def test_numbers_of_every_family_are_there_and_hold_together(family: Family, scope: Scope, mode: QualityMode) -> None:
    found = calibration(family, scope, mode)
    names = {*NAMES, *([MIRRORED] if mode == "full" else [])}
    assert set(found.normal) == set(found.weights) == names
    assert set(found.flags) <= set(SEVERITY)
    assert min(found.weights.values()) >= 0.0
    for column in zip(*found.knots, strict=True):
        assert list(column) == sorted(column)
    assert all(0.0 <= least <= most <= 1.0 for _, _, least, most in found.knots)


def test_numbers_were_found_on_masks_of_the_networks_that_come_with_the_package_and_of_no_other() -> None:
    assert all(is_calibrated(load_bundle(name).sha256) for name in SHIPPED)
    assert not is_calibrated("0" * 64)
