"""The painted hard cases: the same every time, and their truth is what the painting says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hard_list import PAINTED

from recipes.ct.paint.chest import Chest


def chest() -> Chest:
    """Two boxes of lung of 120 x 100 x 72 mm in soft tissue, voxels of 4 mm."""
    hu = torch.full((36, 32, 48), 40.0)
    labels = torch.zeros(hu.shape, dtype=torch.uint8)
    labels[3:33, 4:29, 4:22] = 1
    labels[3:33, 4:29, 26:44] = 2
    hu[labels > 0] = -850.0
    return Chest(hu, labels, torch.zeros(hu.shape, dtype=torch.bool), (4.0, 4.0, 4.0))


@pytest.mark.parametrize("group", PAINTED)
def test_cases_are_the_same_every_time_and_their_truth_fits(group: str) -> None:
    once, again = (list(PAINTED[group]("base", chest(), np.random.default_rng(3))) for _ in range(2))
    assert once
    for case, other in zip(once, again, strict=True):
        assert np.array_equal(case.hu, other.hu)
        assert np.array_equal(case.truth, other.truth)
        assert case.hu.shape == case.truth.shape
        if group != "crop":
            assert case.painted is not None
            assert case.painted.any()
            assert ((case.truth[case.painted] > 0) == case.inside).all()


def test_a_crop_of_one_side_holds_one_lung() -> None:
    half, slab = PAINTED["crop"]("base", chest(), np.random.default_rng(3))
    side = 1 if "right" in half.name else 2
    assert (half.truth == side).sum() == 30 * 25 * 18
    assert (half.truth == 3 - side).sum() < 0.3 * 30 * 25 * 18
    assert len(slab.truth) == 12  # from 0.3 to 0.7 of 30 slices
