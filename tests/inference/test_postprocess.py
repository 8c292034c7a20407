"""Two lungs of few parts without holes, and nothing forced."""

from __future__ import annotations

import numpy as np
from drawn_scores import LUNG, OUTSIDE, scores, two_lungs

from pleura.inference.postprocess import _parts, clean_volume
from pleura.labels import LEFT, RIGHT
from pleura.networks import encoding


def cleaned(lung: np.ndarray, side_score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and scores on the whole grid."""
    found = clean_volume(lung, side_score)
    labels, scores_after = np.zeros_like(lung), lung.copy()
    labels[found.box], scores_after[found.box] = found.labels, found.lung
    return labels, scores_after


def test_clean_lungs_stay_as_they_are() -> None:
    lung, side_score = two_lungs()
    labels, scores_after = cleaned(lung, side_score)
    assert np.array_equal(scores_after, lung)
    assert (labels[2:10, 10:50, 5:28] == RIGHT).all()
    assert (labels[2:10, 10:50, 36:59] == LEFT).all()
    assert (labels > 0).sum() == (lung > encoding.ZERO).sum()


def test_speck_is_dropped_and_its_score_lies_below_half() -> None:
    lung, side_score = two_lungs()
    lung[0, 60:62, 60:62] = LUNG
    labels, scores_after = cleaned(lung, side_score)
    assert not labels[0].any()
    assert (scores_after[0] <= encoding.ZERO).all()


def test_parts_a_few_voxels_wide_are_numbered() -> None:
    labels = np.zeros((1, 5, 7), np.uint8)
    labels[0, 1:4:2, 1:6:2] = RIGHT
    assert _parts(labels, RIGHT)[2] == 6


def test_hole_is_filled_and_its_score_lies_above_half() -> None:
    lung, side_score = two_lungs()
    lung[5, 20:24, 12:16] = OUTSIDE
    labels, scores_after = cleaned(lung, side_score)
    assert (labels[5, 20:24, 12:16] == RIGHT).all()
    assert (scores_after[5, 20:24, 12:16] > encoding.ZERO).all()


def test_dome_of_the_diaphragm_is_not_filled() -> None:
    lung, side_score = two_lungs()
    lung[:6, 15:45, 8:25] = OUTSIDE
    labels, _ = cleaned(lung, side_score)
    assert not labels[:6, 15:45, 8:25].any()


def test_piece_on_the_wrong_side_goes_to_the_lung_it_is_joined_to() -> None:
    lung, side_score = two_lungs()
    side_score[8:10, 5:25, 2:14] = 220
    labels, _ = cleaned(lung, side_score)
    assert (labels[2:10, 10:50, 5:28] == RIGHT).all()


def test_one_lung_after_pneumonectomy_stays_one_lung() -> None:
    lung, side_score = scores()
    lung[2:10, 10:50, 5:28] = LUNG
    labels, _ = cleaned(lung, side_score)
    assert set(np.unique(labels)) == {0, RIGHT}


def test_large_loose_part_of_a_lung_is_kept() -> None:
    lung, side_score = two_lungs()
    lung[2:10, 26:30, 5:28] = OUTSIDE
    labels, _ = cleaned(lung, side_score)
    assert (labels[2:10, 10:26, 5:28] == RIGHT).all()
    assert (labels[2:10, 30:50, 5:28] == RIGHT).all()


def test_box_leaves_a_voxel_around_the_lungs() -> None:
    lung, side_score = two_lungs()
    assert clean_volume(lung, side_score).box == (slice(1, 11), slice(9, 51), slice(4, 60))


def test_nothing_stays_nothing() -> None:
    lung, side_score = scores()
    labels, scores_after = cleaned(lung, side_score)
    assert not labels.any()
    assert np.array_equal(scores_after, lung)


def test_a_handful_of_voxels_is_no_lung() -> None:
    lung, side_score = scores((1, 64, 64))
    lung[0, 10:17, 10:18] = LUNG
    labels, _ = cleaned(lung, side_score)
    assert not labels.any()


def test_single_slice_keeps_the_small_parts_of_a_lung_base() -> None:
    lung, side_score = scores((1, 64, 64))
    lung[0, 10:50, 5:28] = LUNG
    lung[0, 55:60, 5:10] = LUNG
    labels, _ = cleaned(lung, side_score)
    assert (labels[0, 55:60, 5:10] == RIGHT).all()


def test_specks_are_dropped_though_there_are_more_than_a_byte_can_number() -> None:
    lung, side_score = two_lungs()
    specks = np.zeros(lung.shape, np.bool_)
    specks[::2, 1:9:2, 1::3] = True
    lung[specks] = LUNG
    labels, scores_after = cleaned(lung, side_score)
    assert specks.sum() > 255
    assert not labels[specks].any()
    assert (scores_after[specks] <= encoding.ZERO).all()
    assert (labels[2:10, 10:50, 5:28] == RIGHT).all()
    assert (labels[2:10, 10:50, 36:59] == LEFT).all()
