"""Dice counts in cases with labels, marked pixels in those without, and nothing where labels are unknown."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor

from pleura.inference.grid import FieldOfView
from pleura.training.config import TrainingConfig
from pleura.training.data import SIDE, TrainingCase
from pleura.training.validation import ValidationCase, predict_labels, prepare, validate
from pleura.volume import Kind

SMALL = 8


def case(labels: list[int], source: str = "") -> ValidationCase:
    """Return a slice of 8 x 8, row after row of one label; it shows 1 in the upper half."""
    image = torch.zeros(1, 1, SMALL, SMALL)
    image[:, :, : SMALL // 2] = 1.0
    rows = torch.tensor(labels).view(1, SMALL, 1).expand(1, SMALL, SMALL).contiguous()
    return ValidationCase(source, "a", "a", image, rows, torch.ones(1, dtype=torch.bool))


def marks_upper_half(images: Tensor) -> Tensor:
    """Return scores that mark label 1 where the image shows 1."""
    return torch.cat([0.5 - images, images - 0.5, torch.full_like(images, -9.0)], dim=1)


def no_loss(scores: Tensor, labels: Tensor, sides: Tensor) -> Tensor:
    return torch.tensor(0.25)


def test_dice_is_that_of_each_set_and_the_score_their_mean() -> None:
    # the upper 4 rows are marked: all of 4 rows in "a"; 2 of 2 rows in "b", 2 * 2 / (4 + 2)
    found = validate(marks_upper_half, [case([1] * 4 + [0] * 4, "a"), case([1] * 2 + [0] * 6, "b")], no_loss)
    assert (found["a"], found["b"]) == (1.0, pytest.approx(2 / 3))
    assert found["score"] == pytest.approx(5 / 6)
    assert (found["val_loss"], found["false_pixels"]) == (0.25, 0.0)


def test_slices_without_label_count_what_is_marked_there() -> None:
    found = validate(marks_upper_half, [case([0] * 8)], no_loss)
    assert (found["score"], found["false_pixels"]) == (0.0, 4.0 * SMALL)


def test_unknown_pixels_count_nowhere() -> None:
    assert validate(marks_upper_half, [case([1] * 2 + [255] * 4 + [0] * 2)], no_loss)["dice"] == 1.0


def test_each_label_counts_alike_where_labels_are_no_lungs() -> None:
    labels = [1] * 4 + [2] * 2 + [0] * 2  # 1 is found, 2 is not; of both together 2 * 4 / (4 + 6)
    assert validate(marks_upper_half, [case(labels)], no_loss, each=True)["dice"] == 0.5
    assert validate(marks_upper_half, [case(labels)], no_loss)["dice"] == pytest.approx(0.8)


def test_single_output_is_a_label_above_zero_and_several_the_highest() -> None:
    assert predict_labels(torch.tensor([[[[-0.1, 0.1]]]]), (1, 2)).tolist() == [[[0, 1]]]
    assert predict_labels(torch.tensor([[[[0.0]], [[0.2]], [[0.1]]]]), (1, 1)).tolist() == [[[1]]]


def test_network_sees_the_slices_5_mm_away_and_the_convention_of_the_set() -> None:
    slices = np.arange(4, dtype=np.int16)[:, None, None].repeat(SIDE, 1).repeat(SIDE, 2) * 10
    whole = FieldOfView(0, 0, SIDE, SIDE)
    stack = TrainingCase("b", slices, np.zeros(slices.shape, np.uint8), whole, 2.5, Kind.WINDOWED, np.ones(4, bool))
    config = TrainingConfig(data="", weights={"a": 1.0, "b": 1.0}, labels=("right lung", "left lung"))
    (seen,) = prepare([stack], dataclasses.replace(config, conventions=("a", "b")))
    middle = (seen.images[:, :, SIDE // 2, SIDE // 2] * 255).round().tolist()
    # two slices of 2.5 mm below and above, the ends repeated; the last channel holds 1, white, for the second set
    assert middle == [[0, 0, 20, 255], [0, 10, 30, 255], [0, 20, 30, 255], [10, 30, 30, 255]]


def test_scores_of_a_coarser_grid_are_brought_to_that_of_the_labels() -> None:
    scores = torch.tensor([[[[-1.0, 1.0]]]])
    assert predict_labels(scores, (2, 4)).tolist() == [[[0, 0, 1, 1]] * 2]  # -1, -0.5, 0.5, 1 between the points
