"""Masks grown and shrunk by one voxel along the axes that are named, and no others."""

from __future__ import annotations

import numpy as np

from pleura.inference.morphology import areas, box_around, dilate, erode, mean_index, open_mask


def point() -> np.ndarray:
    mask = np.zeros((3, 5, 5), np.bool_)
    mask[1, 2, 2] = True
    return mask


def test_a_point_grows_to_a_box_of_three_within_the_slice() -> None:
    grown = dilate(point(), (1, 2))
    assert grown.sum() == 9
    assert grown[1, 1:4, 1:4].all()


def test_a_point_grows_along_one_axis_alone() -> None:
    assert dilate(point(), (0,))[:, 2, 2].all()
    assert dilate(point(), (0,)).sum() == 3


def test_nothing_wraps_around_the_edges() -> None:
    mask = np.zeros((1, 4, 4), np.bool_)
    mask[0, 0, 0] = True
    assert dilate(mask, (1, 2)).sum() == 4


def test_what_goes_on_beyond_the_array_is_not_shrunk_there() -> None:
    assert erode(np.ones((2, 4, 4), np.bool_), (1, 2)).all()


def test_opening_drops_what_is_two_voxels_thin_and_keeps_three() -> None:
    mask = np.zeros((1, 9, 12), np.bool_)
    mask[0, 2:4, 1:11] = True  # two rows
    mask[0, 5:8, 1:11] = True  # three rows
    opened = open_mask(mask, (1, 2))
    assert not opened[0, :5].any()
    assert opened[0, 5:8, 1:11].all()


def test_box_holds_the_mask_and_its_margin_as_far_as_the_array_goes() -> None:
    mask = np.zeros((4, 9, 12), np.bool_)
    mask[1, 3, 7] = mask[2, 5, 10] = True
    assert box_around(mask) == (slice(1, 3), slice(3, 6), slice(7, 11))
    assert mask[box_around(mask, 2)].shape == (4, 7, 7)  # of 6, 7 and 8; the array ends before
    assert box_around(mask, 2) == (slice(0, 4), slice(1, 8), slice(5, 12))
    assert mask[box_around(~mask & mask)].size == 0


def test_areas_are_pixels_of_each_slice() -> None:
    assert areas(dilate(point(), (1, 2))).tolist() == [0, 9, 0]


def test_mean_index_is_that_of_the_axis_named_and_0_of_nothing() -> None:
    mask = np.zeros((2, 5, 9), np.bool_)
    mask[:, 1:4, 6:8] = True
    assert (mean_index(mask, 1), mean_index(mask, 2)) == (2.0, 6.5)
    assert mean_index(mask[:, :1], 2) == 0.0
