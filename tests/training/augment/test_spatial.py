"""The patient lies on the grid as the parameters say, and labels go along."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter

import numpy as np
import pytest
import torch

from pleura.inference.grid import FieldOfView
from pleura.training.augment import spatial
from pleura.training.data import SIDE

WHOLE = FieldOfView(0, 0, SIDE, SIDE)
DRAWN = 4000


def picture() -> tuple[torch.Tensor, torch.Tensor]:
    """Return a picture of two lungs, the right one, at the picture's left, brighter; with its labels."""
    image, label = torch.zeros(3, SIDE, SIDE), torch.zeros(SIDE, SIDE, dtype=torch.uint8)
    for value, columns in ((1, slice(50, 110)), (2, slice(150, 210))):
        image[:, 80:180, columns] = 1.0 / value
        label[80:180, columns] = value
    return image, label


def laid(fov: FieldOfView = WHOLE, **changes: object) -> tuple[torch.Tensor, torch.Tensor]:
    image, label = picture()
    params = dataclasses.replace(spatial.IDENTITY, **changes)  # type: ignore[arg-type]
    images, labels = spatial.apply([params], [fov], image[None], label[None])
    return images[0], labels[0]


def centre(label: torch.Tensor, value: int) -> list[float]:
    return [round(float(axis), 1) for axis in (label == value).nonzero().float().mean(dim=0)]


def test_slice_laid_as_it_is_read_stays_as_it_is() -> None:
    image, label = picture()
    same, same_label = laid()
    assert torch.allclose(same, image, atol=1e-4)
    assert torch.equal(same_label, label.long())


def test_mirrored_picture_shows_the_right_lung_on_the_other_side_and_keeps_its_label() -> None:
    image, label = picture()
    mirrored, mirrored_label = laid(mirrored=True)
    assert torch.allclose(mirrored, image.flip(2), atol=1e-4)
    assert torch.equal(mirrored_label, label.long().flip(1))
    assert centre(mirrored_label, 1)[1] > SIDE / 2 > centre(mirrored_label, 2)[1]


@pytest.mark.parametrize(
    ("quarter_turns", "row", "column"), [(0, 129.5, 79.5), (1, 175.5, 129.5), (2, 125.5, 175.5), (3, 79.5, 125.5)]
)
def test_rotation_carries_the_right_lung_around(quarter_turns: int, row: float, column: float) -> None:
    # counter-clockwise: columns 50 to 110 have the centre 79.5, which is 48 left of the middle of the picture, 127.5
    assert centre(laid(quarter_turns=quarter_turns)[1], 1) == [row, column]


def test_larger_scale_shows_more_and_so_smaller_lungs() -> None:
    label = laid(scale=2.0)[1]
    assert int((label == 1).sum()) == 100 * 60 // 4


def test_stretch_is_the_ratio_of_rows_to_columns() -> None:
    ys, xs = (laid(stretch=1.21)[1] == 1).nonzero().T
    # rows show 1.1 times as much and columns 1.1 times less: 100 / 1.1 by 60 * 1.1
    assert int(ys.max() - ys.min() + 1) == pytest.approx(91, abs=1)
    assert int(xs.max() - xs.min() + 1) == pytest.approx(66, abs=1)


def test_shift_moves_the_field_of_view() -> None:
    assert centre(laid(shift=(0.125, 0.0))[1], 1) == [129.5 - SIDE / 8, 79.5]


def test_grid_lies_on_the_field_of_view() -> None:
    ys, xs = (laid(FieldOfView(64, 32, 128, 128))[1] == 1).nonzero().T
    assert (int(ys.min()), int(xs.min())) == (2 * (80 - 64), 2 * (50 - 32))


def test_elastic_deformation_bends_borders_and_can_be_replayed() -> None:
    (first, labels), (second, _) = laid(elastic=6.0, seed=3), laid(elastic=6.0, seed=3)
    assert torch.equal(first, second)
    assert not torch.equal(laid(elastic=6.0, seed=4)[0], first)
    changed = (labels != picture()[1]).float().mean().item()
    assert 0.01 < changed < 0.1


def test_unknown_stays_unknown() -> None:
    image, label = picture()
    label[100:120, 60:80] = 255
    _, found = spatial.apply([spatial.IDENTITY], [WHOLE], image[None], label[None])
    assert torch.equal(found[0], label.long())


@pytest.fixture(scope="module")
def drawn() -> list[spatial.SpatialParams]:
    rng = np.random.default_rng(0)
    return [spatial.draw(rng) for _ in range(DRAWN)]


def test_mirrored_and_rotated_patients_come_as_often_as_they_are_said_to(drawn: list[spatial.SpatialParams]) -> None:
    found = Counter((params.quarter_turns, params.mirrored) for params in drawn)
    assert sum(spatial.TURN_PROBABILITIES.values()) == pytest.approx(1.0)
    for key, probability in spatial.TURN_PROBABILITIES.items():
        spread = math.sqrt(DRAWN * probability * (1 - probability))  # of a binomial distribution
        assert abs(found[key] - DRAWN * probability) < 4 * spread
        assert found[key] > 0


def test_mirrored_patients_are_few_but_there(drawn: list[spatial.SpatialParams]) -> None:
    assert 0.01 < sum(params.mirrored for params in drawn) / DRAWN < 0.03


def test_nine_of_ten_lean_by_a_few_degrees(drawn: list[spatial.SpatialParams]) -> None:
    angles = np.degrees([params.angle for params in drawn])
    # 90 % of a normal distribution of 9 degrees, 10 % even over 92: 27 degrees are three deviations
    assert 0.93 < np.mean(np.abs(angles) < 27) < 0.98
    assert np.abs(angles).max() < 46


def test_small_changes_are_small_and_never_mirror() -> None:
    rng = np.random.default_rng(0)
    for params in (spatial.draw_small(rng) for _ in range(500)):
        assert (params.quarter_turns, params.mirrored, params.elastic, params.stretch) == (0, False, 0.0, 1.0)
        assert 0.75 < params.scale < 1.35
        assert abs(math.degrees(params.angle)) < 20


@pytest.mark.parametrize("quarter_turns", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_labels_follow_the_patient_and_posterior_points_to_the_back(quarter_turns: int, mirrored: bool) -> None:
    image, label = picture()
    image[:, 200:210, 120:140] = 2.0  # the spine, at the back
    params = dataclasses.replace(spatial.IDENTITY, quarter_turns=quarter_turns, mirrored=mirrored)
    turned, turned_label = spatial.apply([params], [WHOLE], image[None], label[None])
    assert int((turned_label[0] == 1).sum()) == int((label == 1).sum())
    spine = (turned[0, 1] > 1.5).nonzero().float().mean(dim=0) - (SIDE - 1) / 2
    assert float((spine / spine.norm()) @ torch.tensor(spatial.posterior(params))) > 0.97


def test_small_changes_stay_near_the_field_of_view_of_prediction() -> None:
    drawn = [spatial.draw_small(np.random.default_rng(seed)) for seed in range(500)]
    down, across = np.array([one.shift for one in drawn]).T
    for values, spread in ((down, 0.02), (across, 0.02), ([one.angle for one in drawn], math.radians(4.0))):
        assert np.std(values) == pytest.approx(spread, rel=0.15)  # it varies by 3 %
        assert abs(np.mean(values)) < 0.2 * spread
    assert not any(one.mirrored or one.quarter_turns or one.elastic for one in drawn)
