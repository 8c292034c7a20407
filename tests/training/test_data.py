"""What is drawn, and how often."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from pleura.inference.grid import FieldOfView
from pleura.training.data import SIDE, Case, Sampler
from pleura.volume import Kind


@pytest.mark.parametrize(("emphasise", "small"), [(True, 3), (False, 1)])
def test_slice_with_small_lungs_comes_three_times_in_a_pass_where_that_is_asked_for(
    emphasise: bool, small: int
) -> None:
    labels = np.zeros((3, SIDE, SIDE), np.uint8)
    labels[1, :20, :20] = 1  # 0.6 % of the picture
    labels[2, :200, :200] = 1
    slices = np.arange(3, dtype=np.int16)[:, None, None].repeat(SIDE, 1).repeat(SIDE, 2)
    case = Case("a", slices, labels, FieldOfView(0, 0, SIDE, SIDE), None, Kind.HU, np.ones(3, bool))
    sampler = Sampler([case], {"a": 1.0}, seed=0, slices=1, emphasise=emphasise)
    drawn = sampler.draw(2 + small).images[:, 0, 0, 0]
    assert Counter(drawn.tolist()) == {0.0: 1, 1.0: small, 2.0: 1}
