"""Planes are cut in the radiological view from scans of any orientation, without a copy."""

from __future__ import annotations

import numpy as np
import pytest
from orientations import ORIENTATIONS, affine_of

from pleura.geometry import from_axial
from pleura.rendering.planes import Plane, axial, axial_levels, picture, reformatted
from pleura.segmentation import Segmentation
from pleura.volume import Volume


def _lungs(affine: np.ndarray) -> Segmentation:
    """Return a scan of 10 x 8 x 6 voxels, in axial order, whose right lung is 10 and left lung 20 bright."""
    turned = np.zeros((10, 8, 6), np.uint8)
    turned[2:8, 3:5, 1] = 1
    turned[2:8, 3:5, 4] = 2
    labels = np.ascontiguousarray(from_axial(turned, affine))
    return Segmentation(labels, Volume(labels.astype(np.int16) * 10, affine))


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_right_lung_is_at_the_left_of_every_axial_and_coronal_plane(axes, signs) -> None:
    result = _lungs(affine_of(axes, signs))
    coronal = reformatted(result)[0]
    for plane in (*axial(result, 3), coronal):
        assert np.flatnonzero((plane.labels == 1).any(0)).tolist() == [1]
        assert np.flatnonzero((plane.labels == 2).any(0)).tolist() == [4]
        assert plane.radiological
        np.testing.assert_array_equal(plane.grey, plane.labels.astype(int) * 10)


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_spacing_follows_the_planes(axes, signs) -> None:
    affine = affine_of(axes, signs)
    steps = dict(zip(axes, (5.0, 0.7, 0.9), strict=True))
    result = _lungs(affine)
    assert axial(result, 1)[0].spacing == pytest.approx((steps[1], steps[0]))
    assert [plane.spacing for plane in reformatted(result)] == [
        pytest.approx((steps[2], steps[0])),
        pytest.approx((steps[2], steps[1])),
        pytest.approx((steps[2], steps[1])),
    ]


def test_axial_planes_go_down_from_the_head_within_the_lungs() -> None:
    affine = affine_of((2, 1, 0), (1, 1, 1))
    result = _lungs(affine)
    heights = np.arange(10, dtype=np.int16)[:, None, None] * np.ones((1, 8, 6), np.int16)
    result = Segmentation(result.labels, Volume(heights, affine))
    # lungs fill slices 2 to 7, heights 2 to 8: the middles of its thirds are at 7, 5 and 3
    assert [int(plane.grey[0, 0]) for plane in axial(result, 3)] == [7, 5, 3]
    assert reformatted(result)[0].grey[:, 0].tolist() == list(range(9, -1, -1))


def test_sagittal_planes_go_through_each_lung() -> None:
    _, right, left = reformatted(_lungs(affine_of((2, 1, 0), (1, 1, 1))))
    assert set(np.unique(right.labels)) == {0, 1}
    assert set(np.unique(left.labels)) == {0, 2}


def test_scan_without_lungs_is_shown_over_its_whole_height() -> None:
    empty = Segmentation(np.zeros((9, 4, 4), np.uint8), Volume(np.zeros((9, 4, 4), np.int16), np.eye(4)[[2, 1, 0, 3]]))
    assert len(axial(empty, 4)) == 4
    assert len(reformatted(empty)) == 3


def test_levels_that_are_shown_already_are_not_among_the_others() -> None:
    result = _lungs(affine_of((2, 1, 0), (1, 1, 1)))  # lungs from 2 to 7
    assert axial_levels(result, 4, besides=[7, 3]) == [6, 5, 4, 2]


def test_few_slices_are_each_shown_once() -> None:
    two = Segmentation(np.ones((2, 4, 4), np.uint8), Volume(np.zeros((2, 4, 4), np.int16), np.eye(4)[[2, 1, 0, 3]]))
    assert len(axial(two, 8)) == 2


def test_planes_are_views() -> None:
    result = _lungs(affine_of((0, 2, 1), (-1, 1, -1)))
    for plane in (*axial(result, 2), *reformatted(result)):
        assert np.shares_memory(plane.grey, result.volume.voxels)
        assert np.shares_memory(plane.labels, result.labels)


def test_picture_is_shown_as_it_is_stored(request: pytest.FixtureRequest) -> None:
    result = request.getfixturevalue("picture")
    plane = picture(result)
    np.testing.assert_array_equal(plane.labels, result.labels)
    assert not plane.radiological


def test_plane_fits_a_box_true_to_the_millimetre() -> None:
    grey = np.zeros((10, 20))
    assert Plane(grey, grey, (3.0, 1.0), radiological=True).fit(100, 60) == (40, 60)  # 30 mm high, 20 mm wide
    assert Plane(grey, grey, (1.0, 1.0), radiological=True).fit(100, 100) == (100, 50)
