"""Every threshold is judged from counts, without keeping a scan."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.evaluation.thresholds import count_by_probability, threshold_curves


def test_curves_over_thresholds_count_voxels_exactly() -> None:
    probabilities = np.array([[0, 51, 102, 255]], np.uint8)
    inside = np.array([[False, False, True, True]])
    found = threshold_curves([count_by_probability(probabilities, inside)])
    assert found is not None
    at = {threshold: place for place, threshold in enumerate(np.round(found.thresholds, 2))}
    assert found.dice[at[0.1]] == pytest.approx(2 * 2 / (2 + 3))  # three marked, two of them right
    assert found.dice[at[0.4]] == 1.0
    assert found.recall[at[0.5]] == 0.5
    assert found.precision[at[1.0]] == 1.0


def test_calibration_error_of_a_coin_that_keeps_its_word_is_zero() -> None:
    probabilities = np.full((1, 100), 51, np.uint8)  # one in five
    inside = np.arange(100)[None] < 20
    found = threshold_curves([count_by_probability(probabilities, inside)])
    assert found is not None
    assert found.ece == pytest.approx(0.0, abs=1e-9)


def test_calibration_error_of_what_is_always_wrong_is_one() -> None:
    certain = np.full((1, 10), 255, np.uint8)
    found = threshold_curves([count_by_probability(certain, np.zeros((1, 10), bool))])
    assert found is not None
    assert found.ece == pytest.approx(1.0)
    assert found.ece_undecided == 0.0  # none was undecided


def test_curves_are_the_mean_over_cases_not_over_voxels() -> None:
    right, wrong = np.full((1, 1000), 255, np.uint8), np.full((1, 10), 0, np.uint8)
    cases = [count_by_probability(array, np.ones(array.shape, bool)) for array in (right, wrong)]
    found = threshold_curves(cases)
    assert found is not None
    assert (found.cases, found.dice[50]) == (2, 0.5)


def test_empty_mask_and_empty_reference_agree_at_every_threshold_but_0() -> None:
    found = threshold_curves([count_by_probability(np.zeros((1, 4), np.uint8), np.zeros((1, 4), bool))])
    assert found is not None
    assert found.dice[0] == 0.0  # at 0 every voxel is inside
    assert set(found.dice[1:]) == {1.0}


def test_no_case_has_no_curves() -> None:
    assert threshold_curves([]) is None


def test_structure_of_one_voxel_that_is_found_is_found_wholly() -> None:
    found = threshold_curves([count_by_probability(np.full((1, 1), 255, np.uint8), np.ones((1, 1), bool))])
    assert found is not None
    for curve in (found.dice, found.iou, found.precision, found.recall):
        assert set(curve) == {1.0}
