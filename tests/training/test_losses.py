"""The losses that a configuration can name, against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from pleura.errors import PleuraError
from pleura.training.losses import FACTORS, UNKNOWN, make_objective

BOTH = torch.tensor([True])
SQUARE = torch.tensor([[[0, 1], [1, 1]]])
ALL = [name for name in FACTORS if name != "bce"]


def even(classes: int, side: int = 2) -> Tensor:
    return torch.zeros(1, classes, side, side)


def sure(labels: Tensor, classes: int) -> Tensor:
    return 20.0 * torch.nn.functional.one_hot(labels, classes).permute(0, 3, 1, 2).float()


def logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


def test_bce_is_the_mean_of_minus_log_probability() -> None:
    scores = torch.tensor([[[[logit(0.2), logit(0.5)], [logit(0.9), logit(0.75)]]]])
    wanted = -(math.log(0.8) + math.log(0.5) + math.log(0.9) + math.log(0.75)) / 4
    assert make_objective("bce", 1)(scores, SQUARE, BOTH).item() == pytest.approx(wanted, abs=1e-6)


def test_bce_takes_any_label_for_lung() -> None:
    scores = torch.randn(1, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    objective = make_objective("bce", 1)
    assert torch.equal(objective(scores, SQUARE, BOTH), objective(scores, 2 * SQUARE, BOTH))


def test_cross_entropy_of_one_output_is_bce() -> None:
    scores = torch.randn(1, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    one, other = (make_objective(name, 1)(scores, 2 * SQUARE, BOTH) for name in ("bce", "cross-entropy"))
    assert torch.allclose(one, other)


def test_cross_entropy_of_even_scores_is_the_logarithm_of_the_classes() -> None:
    assert make_objective("cross-entropy", 5)(even(5), SQUARE, BOTH).item() == pytest.approx(math.log(5), abs=1e-6)


def test_dice_of_even_scores_is_what_the_formula_says() -> None:
    # soft Dice (2 o + 1) / (p + t + 1) with o = 3 / 2, p = 4 / 2, t = 3
    assert make_objective("dice", 1)(even(1), SQUARE, BOTH).item() == pytest.approx(1 - 4 / 6, abs=1e-6)


def test_tversky_counts_missing_for_more_than_finding_too_much() -> None:
    # overlap 3 / 2, false positives 1 / 2 with weight 0.3, false negatives 3 / 2 with weight 0.7
    wanted = 1 - 2 / (2 + 0.3 * 0.5 + 0.7 * 1.5)
    objective = make_objective("tversky", 1)
    assert objective(even(1), SQUARE, BOTH).item() == pytest.approx(wanted, abs=1e-6)
    half = torch.tensor([[[0, 0], [1, 1]]])
    less, more = torch.tensor([[[[-20.0, -20], [-20, 20]]]]), torch.tensor([[[[-20.0, 20], [20, 20]]]])
    assert objective(less, half, BOTH) > objective(more, half, BOTH)


def test_boundary_is_probability_times_signed_distance() -> None:
    # columns lie 1.5 and 0.5 pixels outside, 0.5 and 1.5 inside; the probability is a half but in the first column
    labels = torch.tensor([[[0, 0, 1, 1]] * 2])
    scores = torch.tensor([[[[-20.0, 0, 0, 0]] * 2]])
    found = make_objective("boundary", 1, boundary=1.0)(scores, labels, BOTH).item()
    assert found == pytest.approx((0.25 - 0.25 - 0.75) / 4, abs=1e-6)


def test_boundary_is_lowest_for_the_truth() -> None:
    labels = torch.zeros(1, 8, 8, dtype=torch.int64)
    labels[:, 2:6, 3:7] = 1
    objective = make_objective("boundary", 2)
    moved = objective(sure(labels.roll(1, dims=2), 2), labels, BOTH)
    assert objective(sure(labels, 2), labels, BOTH) < moved < objective(sure(labels.roll(2, dims=2), 2), labels, BOTH)


@pytest.mark.parametrize("name", ALL)
def test_without_sides_the_wrong_side_costs_nothing(name: str) -> None:
    labels, mirrored = torch.tensor([[[0, 1], [1, 1]]]), torch.tensor([[[0, 2], [2, 2]]])
    objective = make_objective(name, 3)
    for sides, same in ((torch.tensor([False]), True), (BOTH, False)):
        right, wrong = (objective(sure(picture, 3), labels, sides) for picture in (labels, mirrored))
        assert torch.isclose(right, wrong, atol=1e-6) == same


@pytest.mark.parametrize("name", [*FACTORS, "bce+dice"])
def test_unknown_pixels_count_nowhere(name: str) -> None:
    labels = torch.tensor([[[0, 1, UNKNOWN], [0, 1, UNKNOWN]]])
    draw = torch.Generator().manual_seed(0)
    scores = torch.randn(1, 1, 2, 3, generator=draw)
    changed = scores.clone()
    changed[..., 2] = 7.0
    objective = make_objective(name, 1)
    assert torch.equal(objective(scores, labels, BOTH), objective(changed, labels, BOTH))


@pytest.mark.parametrize("name", FACTORS)
@pytest.mark.parametrize("label", [0, 1, UNKNOWN])
def test_pictures_of_one_label_give_finite_losses_and_gradients(name: str, label: int) -> None:
    for classes in (1,) if name == "bce" else (1, 2, 3, 6):
        scores = (30 * torch.randn(2, classes, 4, 4, generator=torch.Generator().manual_seed(0))).requires_grad_()
        loss = make_objective(name, classes)(scores, torch.full((2, 4, 4), label), torch.tensor([True, False]))
        loss.backward()
        assert loss.isfinite()
        assert scores.grad.isfinite().all()


def test_labels_are_shrunk_for_bce_to_the_share_that_is_lung() -> None:
    # one place of 2 x 2 with three quarters lung, of its known pixels two thirds
    score = torch.tensor([[[[logit(0.6)]]]])
    objective = make_objective("bce", 1)
    wanted = -(0.75 * math.log(0.6) + 0.25 * math.log(0.4))
    assert objective(score, SQUARE, BOTH).item() == pytest.approx(wanted, abs=1e-6)


def test_unknown_pixels_have_no_share_in_a_shrunk_place() -> None:
    labels = torch.tensor([[[0, 1, 0, 0], [1, UNKNOWN, 0, 0]]])
    scores = torch.tensor([[[[logit(0.6), logit(0.1)]]]])
    first = -(2 / 3 * math.log(0.6) + 1 / 3 * math.log(0.4))
    wanted = (0.75 * first - math.log(0.9)) / 1.75
    assert make_objective("bce", 1)(scores, labels, BOTH).item() == pytest.approx(wanted, abs=1e-6)


def test_labels_are_shrunk_for_other_losses_to_what_most_of_a_place_is() -> None:
    labels = torch.tensor([[[0, 1, 2, 2, 1, 2], [1, 1, 0, 2, UNKNOWN, UNKNOWN]]])
    small = torch.tensor([[[1, 2, UNKNOWN]]])
    scores = torch.randn(1, 3, 1, 3, generator=torch.Generator().manual_seed(0))
    objective = make_objective("cross-entropy+tversky", 3)
    assert torch.equal(objective(scores, labels, BOTH), objective(scores, small, BOTH))


def test_right_and_left_make_one_majority_for_a_single_output() -> None:
    labels = torch.tensor([[[0, 0, 1], [1, 2, 2], [0, 1, 2]]])
    objective = make_objective("cross-entropy", 1)
    assert objective(torch.tensor([[[[20.0]]]]), labels, BOTH).item() < 1e-3


def test_terms_are_summed_with_their_weights() -> None:
    labels = torch.tensor([[[0, 1], [2, 2]]])
    scores = torch.randn(1, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    parts = [make_objective(name, 3)(scores, labels, BOTH) for name in ("cross-entropy", "tversky")]
    whole = make_objective("cross-entropy+tversky", 3, cross_entropy=2.0, tversky=0.5)(scores, labels, BOTH)
    assert torch.allclose(whole, 2 * parts[0] + parts[1] / 2)


@pytest.mark.parametrize(
    ("name", "classes", "weights", "message"),
    [
        ("focal", 1, {}, "there is no loss 'focal'; known are bce, cross-entropy"),
        ("dice+", 1, {}, "there is no loss ''"),
        ("dice", 1, {"boundary": 1.0}, "boundary has a weight, but is no term of the loss dice"),
        ("bce", 3, {}, "for 1 output, not 3; use cross-entropy"),
    ],
)
def test_what_cannot_be_built_is_refused(name: str, classes: int, weights: dict[str, float], message: str) -> None:
    with pytest.raises(PleuraError, match=message):
        make_objective(name, classes, **weights)


@pytest.mark.parametrize("name", FACTORS)
def test_going_down_the_gradient_finds_the_lungs(name: str) -> None:
    labels = torch.zeros(1, 8, 8, dtype=torch.int64)
    labels[:, 2:6, 1:4] = 1
    scores = torch.zeros(1, 1, 8, 8, requires_grad=True)
    objective = make_objective(name, 1)
    for _ in range(20):
        (slope,) = torch.autograd.grad(objective(scores, labels, BOTH), scores)
        scores = (scores - slope.sign()).detach().requires_grad_()
    assert torch.equal(scores[:, 0] > 0, labels > 0)
