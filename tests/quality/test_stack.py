"""Slices that differ from both neighbours, and lungs that begin at different heights, are counted."""

from __future__ import annotations

import numpy as np
from drawn_evidence import labels

from pleura.quality.stack import by_slice, difference_of_bases, unsteady


def test_slice_that_differs_from_both_neighbours_is_unsteady() -> None:
    mask = labels(5) > 0
    mask[2, 8:10] = False  # 2 rows of 16 pixels
    assert by_slice(unsteady(mask)).tolist() == [0, 0, 32, 0, 0]


def test_what_changes_and_stays_is_steady() -> None:
    mask = labels(6) > 0
    mask[3:, 8:10] = False
    assert not unsteady(mask).any()


def test_two_slices_have_nothing_to_compare() -> None:
    assert not unsteady(labels(2) > 0).any()


def test_bases_differ_by_slices_of_all_that_hold_lung() -> None:
    mask = labels(10)
    assert difference_of_bases(mask) == 0.0
    mask[:4][mask[:4] == 2] = 0
    assert difference_of_bases(mask) == 0.4
    assert difference_of_bases(np.where(mask == 2, 0, mask)) == 0.0  # one lung alone
