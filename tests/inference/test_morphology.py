"""Masks grown and shrunk by one voxel along the axes that are named, and no others."""

from __future__ import annotations

import numpy as np

from pleura.inference.morphology import dilate, erode, open_mask


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
