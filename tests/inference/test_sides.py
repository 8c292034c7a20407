"""Right and left agree over the slices of a scan, and with what the scan says but for a clear contradiction."""

from __future__ import annotations

import numpy as np
from drawn_scores import LUNG, OUTSIDE, scores, two_lungs

from pleura.inference.sides import resolve_sides
from pleura.labels import LEFT, RIGHT
from pleura.networks import encoding


def sided(lung: np.ndarray, side_score: np.ndarray) -> np.ndarray:
    """Return right, left or nothing for each pixel."""
    is_left = resolve_sides(lung, side_score).repeat(2, axis=1).repeat(2, axis=2) > encoding.ZERO
    return np.where(lung > encoding.ZERO, np.where(is_left, LEFT, RIGHT), 0)


def test_slices_with_the_sides_exchanged_are_put_right() -> None:
    lung, side_score = two_lungs()
    side_score[5:7] = 255 - side_score[5:7]
    labels = sided(lung, side_score)
    assert (labels[2:10, 10:50, 5:28] == RIGHT).all()
    assert (labels[2:10, 10:50, 36:59] == LEFT).all()


def test_scan_mirrored_as_a_whole_stays_as_it_is_seen() -> None:
    lung, side_score = two_lungs()
    labels = sided(lung, 255 - side_score)
    assert (labels[2:10, 10:50, 5:28] == LEFT).all()


def test_rare_anatomy_does_not_overrule_what_the_scan_says() -> None:
    # the network takes 5 of the 8 slices with lung for mirrored: a pull of (3 - 5) / 8 of the 0.8 that two lungs reach
    lung, side_score = two_lungs()
    side_score[3:8] = 255 - side_score[3:8]
    labels = sided(lung, side_score)
    assert (labels[:, :, :32] != 2).all()
    assert (labels[:, :, 32:] != 1).all()


def test_slab_of_the_lungs_has_the_sides_that_the_scan_says() -> None:
    lung, side_score = (stack[2:10] for stack in two_lungs())
    labels = sided(lung, 255 - side_score)
    assert (labels[:, 10:50, 5:28] == RIGHT).all()
    assert (labels[:, 10:50, 36:59] == LEFT).all()


def test_recess_where_only_one_lung_is_left_keeps_its_side() -> None:
    lung, side_score = two_lungs()
    lung[2:5, 10:50, 36:59] = OUTSIDE
    side_score[2:5, :, :16] = np.random.default_rng(1).integers(90, 120, (3, 32, 16))
    labels = sided(lung, side_score)
    assert (labels[2:10, 10:50, 5:28] == RIGHT).all()
    assert set(np.unique(labels[2:5])) == {0, RIGHT}


def test_place_decides_what_the_network_leaves_open() -> None:
    lung, side_score = two_lungs()
    side_score[3:9, 5:25, 3:8] = 140
    labels = sided(lung, side_score)
    assert (labels[2:10, 10:50, 5:28] == RIGHT).all()


def test_one_lung_alone_is_not_divided_by_place() -> None:
    lung, side_score = scores()
    lung[2:10, 10:50, 5:59] = LUNG
    side_score[:] = np.random.default_rng(0).integers(20, 60, side_score.shape)
    labels = sided(lung, side_score)
    assert set(np.unique(labels)) == {0, RIGHT}
