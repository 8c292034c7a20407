"""The loss, against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from pleura.training.losses import UNKNOWN, segmentation_loss


def scores_for(labels: torch.Tensor, sure: float = 20.0) -> torch.Tensor:
    return sure * torch.nn.functional.one_hot(labels.clamp(max=2), 3).permute(0, 3, 1, 2).float()


LABELS = torch.tensor([[[0, 1], [2, 2]]])
BOTH = torch.tensor([True])


def test_perfect_prediction_costs_next_to_nothing() -> None:
    assert segmentation_loss(scores_for(LABELS), LABELS, BOTH).item() < 1e-3


def test_even_scores_cost_what_the_formula_says() -> None:
    # entropy is ln 3; soft Dice (2 o + 1) / (p + t + 1) with every chance a third:
    # right (2/3 + 1) / (4/3 + 1 + 1), left (4/3 + 1) / (4/3 + 2 + 1), both (4 + 1) / (8/3 + 3 + 1)
    dice = (5 / 3 / (10 / 3) + 7 / 3 / (13 / 3) + 5 / (20 / 3)) / 3
    loss = segmentation_loss(torch.zeros(1, 3, 2, 2), LABELS, BOTH).item()
    assert loss == pytest.approx(math.log(3) + 1 - dice, abs=1e-5)


def test_without_sides_the_wrong_side_costs_nothing() -> None:
    labels = torch.tensor([[[0, 1], [1, 1]]])
    mirrored = torch.tensor([[[0, 2], [2, 2]]])
    assert segmentation_loss(scores_for(mirrored), labels, torch.tensor([False])).item() < 0.7
    assert segmentation_loss(scores_for(mirrored), labels, BOTH).item() > 10


def test_unknown_pixels_count_nowhere() -> None:
    labels = LABELS.clone()
    labels[0, 0, 0] = UNKNOWN
    wrong = torch.tensor([[[1, 1], [2, 2]]])
    assert segmentation_loss(scores_for(wrong), labels, BOTH).item() < 1e-3
