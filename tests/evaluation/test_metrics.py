"""Dice, IoU, precision and recall on masks small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.errors import UnsuitableInput
from pleura.evaluation import dice, iou, precision, recall

EMPTY = np.zeros((4, 4), np.uint8)


def box(shape: tuple[int, ...], *bounds: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[tuple(slice(low, high) for low, high in bounds)] = True
    return mask


def test_dice_and_iou_of_two_squares_that_share_a_corner() -> None:
    a = box((4, 4), (0, 2), (0, 2))  # 4 pixels
    b = box((4, 4), (1, 4), (1, 4))  # 9 pixels, one of them shared
    assert dice(a, b) == pytest.approx(2 * 1 / (4 + 9))
    assert iou(a, b) == pytest.approx(1 / 12)


def test_every_value_but_zero_is_inside() -> None:
    labels = np.array([[0, 1, 2], [2, 1, 0]], np.uint8)
    assert dice(labels, labels != 0) == 1.0
    assert iou(labels == 1, labels) == 0.5


@pytest.mark.parametrize("metric", [dice, iou])
def test_two_empty_masks_agree_fully_and_one_empty_mask_not_at_all(metric) -> None:
    full = np.ones((4, 4), np.uint8)
    assert metric(EMPTY, EMPTY) == 1.0
    assert metric(EMPTY, full) == 0.0
    assert metric(full, EMPTY) == 0.0


def test_masks_on_different_grids_are_refused() -> None:
    for metric in (dice, iou):
        with pytest.raises(UnsuitableInput) as error:
            metric(EMPTY, EMPTY[:2])
        assert error.value.code == "shape-mismatch"


def test_precision_is_of_the_prediction_and_recall_of_the_reference() -> None:
    reference, prediction = box((4, 4), (0, 2), (0, 2)), box((4, 4), (0, 1), (0, 4))  # 4 pixels each, two shared
    assert precision(reference, prediction | reference) == pytest.approx(4 / 6)
    assert recall(reference, prediction) == pytest.approx(2 / 4)
