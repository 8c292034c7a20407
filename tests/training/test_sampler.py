"""What is drawn, and how often."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from pleura.errors import PleuraError
from pleura.inference.grid import FieldOfView
from pleura.training.data import SIDE, TrainingCase
from pleura.training.sampler import Sampler
from pleura.volume import Kind


def stack() -> TrainingCase:
    """Return five slices whose values are their numbers."""
    slices = np.arange(5, dtype=np.int16)[:, None, None].repeat(SIDE, 1).repeat(SIDE, 2)
    labels, whole = np.zeros(slices.shape, np.uint8), FieldOfView(0, 0, SIDE, SIDE)
    return TrainingCase("a", slices, labels, whole, 5.0, Kind.HU, np.ones(5, bool))


@pytest.mark.parametrize(("emphasise", "small"), [(True, 3), (False, 1)])
def test_slice_with_small_lungs_comes_three_times_in_a_pass_where_that_is_asked_for(
    emphasise: bool, small: int
) -> None:
    labels = np.zeros((3, SIDE, SIDE), np.uint8)
    labels[1, :20, :20] = 1  # 0.6 % of the picture
    labels[2, :200, :200] = 1
    slices = np.arange(3, dtype=np.int16)[:, None, None].repeat(SIDE, 1).repeat(SIDE, 2)
    case = TrainingCase("a", slices, labels, FieldOfView(0, 0, SIDE, SIDE), None, Kind.HU, np.ones(3, bool))
    sampler = Sampler([case], {"a": 1.0}, seed=0, slices=1, emphasise=emphasise)
    drawn = sampler.draw(2 + small).images[:, 0, 0, 0]
    assert Counter(drawn.tolist()) == {0.0: 1, 1.0: small, 2.0: 1}


def test_sampled_slice_comes_with_its_neighbours_and_alone_in_a_third_of_the_draws() -> None:
    case = stack()
    drawn = Sampler([case], {"a": 1.0}, seed=0).draw(100).images[:, :, 0, 0].astype(int).tolist()
    beside = [(below, middle, above) for below, middle, above in drawn if below != above]
    assert set(beside) == {(0, 0, 1), (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 4)}  # the ends are repeated
    assert 0.18 < 1 - len(beside) / 100 < 0.48  # three deviations of 0.047 about 0.33


def test_sampler_goes_on_from_its_state() -> None:
    case = stack()
    first, second = (Sampler([case], {"a": 1.0}, seed=seed) for seed in (0, 1))
    first.draw(3)
    second.state = json.loads(json.dumps(first.state))
    assert np.array_equal(first.draw(8).images, second.draw(8).images)


def test_set_without_a_mask_is_named() -> None:
    with pytest.raises(PleuraError, match="of b has no mask") as caught:
        Sampler([], {"b": 1.0}, seed=0)
    assert caught.value.code == "empty-dataset"
