"""What is looked at of a scan: the slices that hold something, not too many, and levels of air and tissue."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_evidence import evidence, labels

from pleura.quality.grid import MOST_SLICES, sampled_grid


def test_slices_with_something_and_one_more_at_either_end_are_sampled() -> None:
    mask = labels(9)
    mask[:3] = mask[7:] = 0
    assert sampled_grid(evidence(mask)).slices.tolist() == [2, 3, 4, 5, 6, 7]


def test_of_thin_slices_some_are_sampled_from_end_to_end() -> None:
    slices = sampled_grid(evidence(labels(200))).slices
    assert len(slices) <= MOST_SLICES
    assert (slices[0], slices[-1]) == (1, 197)  # the middles of 50 groups of 4
    assert set(np.diff(slices)) == {4}


def test_levels_are_those_of_the_window() -> None:
    grid = sampled_grid(evidence(labels()))
    # a byte is 4 HU: -500, -250 and -970 HU are 500, 750 and 30 HU above the window's end
    assert (grid.air, grid.tissue, grid.empty) == (125, 187.5, pytest.approx(7.5))


def test_levels_of_greys_lie_between_their_darkest_and_brightest() -> None:
    grid = sampled_grid(evidence(labels(), greys=True))
    # 5 % are darker than lung (40), 90 % than tissue (255)
    assert (grid.air, grid.tissue, grid.empty) == (40 + 0.45 * 215, 40 + 0.65 * 215, None)


def test_an_empty_mask_is_sampled_whole() -> None:
    assert len(sampled_grid(evidence(labels() * 0)).slices) == 6
