"""Labels on another grid are those of the nearest voxels, along the axes and across them."""

from __future__ import annotations

import numpy as np
import pytest
from orientations import ORIENTATIONS, affine_of

from pleura.geometry import affine_from_spacing
from pleura.reading.nearest import at_nearest_voxels
from pleura.volume import Affine

LABELS = np.random.default_rng(5).integers(0, 4, (4, 5, 6)).astype(np.uint8)
AFFINE = affine_from_spacing((5.0, 2.0, 3.0))


def voxel_by_voxel(affine: Affine, shape: tuple[int, ...], other: Affine) -> np.ndarray:
    """Return the same, voxel by voxel."""
    found = np.zeros(shape, np.uint8)
    for place in np.ndindex(*shape):
        index = np.floor((np.linalg.inv(affine) @ other @ (*place, 1))[:3] + 0.5 + 1e-6).astype(int)
        if (index >= 0).all() and (index < LABELS.shape).all():
            found[place] = LABELS[tuple(index)]
    return found


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_labels_lie_at_the_nearest_voxels_in_each_orientation(axes: tuple[int, ...], signs: tuple[int, ...]) -> None:
    other = affine_of(axes, signs, (2.1, 3.7, 4.4))
    other[:3, 3] = AFFINE[:3, :3] @ (1.3, 2.2, 2.9)
    shape = (7, 3, 4)
    found, _ = at_nearest_voxels(LABELS, AFFINE, shape, other)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, voxel_by_voxel(AFFINE, shape, other))
    assert found.any()


@pytest.mark.parametrize("degrees", [0.05, 4.0, 40.0])
def test_labels_lie_at_the_nearest_voxels_across_the_axes(degrees: float) -> None:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.eye(4)
    turn[:2, :2] = (c, -s), (s, c)
    other = turn @ affine_from_spacing((2.5, 2.5, 2.0))
    other[:3, 3] = (3.1, 2.2, 4.3)
    found, _ = at_nearest_voxels(LABELS, AFFINE, (6, 5, 7), other)
    np.testing.assert_array_equal(found, voxel_by_voxel(AFFINE, (6, 5, 7), other))


@pytest.mark.parametrize("degrees", [0.0, 20.0])
def test_share_of_what_is_marked_that_lies_on_the_grid_is_counted(degrees: float) -> None:
    labels = np.zeros((4, 5, 6), np.uint8)
    labels[1:3, 2, 2] = 1
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    other = np.eye(4)
    other[:2, :2] = (c, -s), (s, c)
    other = other @ AFFINE
    _, inside = at_nearest_voxels(labels, AFFINE, (2, 8, 8), other)  # without the upper one of the two
    assert inside == 0.5
    assert at_nearest_voxels(np.zeros_like(labels), AFFINE, (2, 8, 8), other)[1] == 1.0


def test_grid_elsewhere_gets_nothing() -> None:
    other = AFFINE.copy()
    other[:3, 3] = 1000.0
    found, inside = at_nearest_voxels(LABELS, AFFINE, (3, 3, 3), other)
    assert not found.any()
    assert inside == 0.0
