"""Every figure of one case."""

from __future__ import annotations

import math

import numpy as np
import pytest
from two_lungs import LUNGS, lungs

from pleura.evaluation.masks import AlignedMasks
from pleura.evaluation.scoring import Score, failed, score_masks, structures, union_name


def test_figures_of_squares_moved_by_half_their_height() -> None:
    found, confusion = score_masks(AlignedMasks(lungs(), lungs(5), (1.0, 1.0), "px"), LUNGS, sides=True)
    right = found["right lung"]
    assert right.dice == right.precision == right.recall == 0.5
    assert right.iou == pytest.approx(1 / 3)
    assert right.volume_error_percent == 0.0
    assert right.volume_error_ml is None  # a picture
    assert (right.reference_parts, right.prediction_parts) == (1, 1)
    assert confusion is not None
    assert confusion[1, 1] == 50
    assert confusion[1, 2] == 0


def test_volumes_are_in_millilitres_where_millimetres_are_known() -> None:
    reference = np.zeros((4, 10, 10), np.uint8)
    reference[:, 2:8, 2:8] = 1  # 144 voxels of 10 mm3
    masks = AlignedMasks(reference, np.zeros_like(reference), (10.0, 1.0, 1.0), "mm", voxel_ml=0.01)
    found, _ = score_masks(masks, {1: "lung"}, sides=False)
    lung = found["lung"]
    assert lung.reference_ml == pytest.approx(1.44)
    assert lung.volume_error_ml == pytest.approx(-1.44)
    assert lung.volume_error_percent == pytest.approx(-100.0)
    assert math.isinf(lung.hd95)


def test_exchanged_sides_are_seen_in_the_confusion() -> None:
    exchanged = np.array([0, 2, 1], np.uint8)[lungs()]
    found, confusion = score_masks(AlignedMasks(lungs(), exchanged, (1.0, 1.0), "px"), LUNGS, sides=True)
    score = Score("a", 1, "px", found, confusion)
    assert score.swapped == 1.0
    assert score.agreements["both lungs"].dice == 1.0
    assert score.agreements["right lung"].dice == 0.0


def test_value_without_a_name_is_counted_in_no_confusion() -> None:
    reference, prediction = lungs(), lungs()
    prediction[20, 20] = 7
    _, confusion = score_masks(AlignedMasks(reference, prediction, (1.0, 1.0), "px"), LUNGS, sides=True)
    assert confusion is not None
    assert confusion.tolist() == [[40 * 40 - 201, 0, 0], [0, 100, 0], [0, 0, 100]]


def test_reference_that_does_not_distinguish_sides_has_one_score() -> None:
    found, confusion = score_masks(AlignedMasks(lungs(), lungs(), (1.0, 1.0), "px"), LUNGS, sides=False)
    assert list(found) == ["both lungs"]
    assert confusion is None
    assert Score("a", 1, "px", found).swapped is None


def test_parts_that_touch_at_a_corner_are_one() -> None:
    reference = np.zeros((6, 6), np.uint8)
    reference[0, 0] = reference[1, 1] = reference[4, 4] = 1
    found, _ = score_masks(AlignedMasks(reference, reference, (1.0, 1.0), "px"), {1: "lung"}, sides=False)
    assert found["lung"].reference_parts == 2


def test_union_is_named_after_what_it_joins() -> None:
    assert union_name(LUNGS) == "both lungs"
    assert union_name({1: "heart"}) == "heart"
    assert union_name({1: "heart", 2: "aorta"}) == "all labels"
    assert structures(LUNGS) == ("both lungs", "right lung", "left lung")
    assert structures({1: "heart"}) == ("heart",)


def test_case_that_failed_has_overlap_0_and_no_volumes() -> None:
    score = failed("a", 1, ["lung"], "no-prediction")
    lung = score.agreements["lung"]
    assert (lung.dice, lung.hd95, lung.volume_error_ml, lung.reference_parts) == (0, math.inf, None, None)
    assert score.error == "no-prediction"
