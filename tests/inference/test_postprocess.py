"""Two lungs of few parts without holes, and nothing forced."""

from __future__ import annotations

import numpy as np

from pleura.inference.postprocess import clean_volume
from pleura.labels import LEFT, RIGHT
from pleura.networks import encoding

LUNG, OUTSIDE = 220, 40


def clean(lung: np.ndarray, side_score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and scores on the whole grid."""
    found = clean_volume(lung, side_score)
    labels, cleaned = np.zeros_like(lung), lung.copy()
    labels[found.box], cleaned[found.box] = found.labels, found.lung
    return labels, cleaned


def scores(shape: tuple[int, int, int] = (12, 64, 64)) -> tuple[np.ndarray, np.ndarray]:
    """Return `lung` with nothing in it, and `side_score` with right in the first half of the columns."""
    side_score = np.full((shape[0], shape[1] // 2, shape[2] // 2), 30, np.uint8)
    side_score[:, :, shape[2] // 4 :] = 220
    return np.full(shape, OUTSIDE, np.uint8), side_score


def two_lungs() -> tuple[np.ndarray, np.ndarray]:
    lung, side_score = scores()
    lung[2:10, 10:50, 5:28] = LUNG
    lung[2:10, 10:50, 36:59] = LUNG
    return lung, side_score


def test_clean_lungs_stay_as_they_are() -> None:
    lung, side_score = two_lungs()
    labels, cleaned = clean_volume(lung, side_score)
    assert np.array_equal(cleaned, lung)
    assert (labels[2:10, 10:50, 5:28] == RIGHT).all()
    assert (labels[2:10, 10:50, 36:59] == LEFT).all()
    assert (labels > 0).sum() == (lung > encoding.ZERO).sum()


def test_speck_is_dropped_and_its_score_lies_below_half() -> None:
    lung, side_score = two_lungs()
    lung[0, 60:62, 60:62] = LUNG
    labels, cleaned = clean_volume(lung, side_score)
    assert not labels[0].any()
    assert (cleaned[0] <= encoding.ZERO).all()


def test_hole_is_filled_and_its_score_lies_above_half() -> None:
    lung, side_score = two_lungs()
    lung[5, 20:24, 12:16] = OUTSIDE
    labels, cleaned = clean_volume(lung, side_score)
    assert (labels[5, 20:24, 12:16] == RIGHT).all()
    assert (cleaned[5, 20:24, 12:16] > encoding.ZERO).all()


def test_slices_with_the_sides_exchanged_are_put_right() -> None:
    lung, side_score = two_lungs()
    side_score[5:7] = 255 - side_score[5:7]
    labels, _ = clean_volume(lung, side_score)
    assert (labels[2:10, 10:50, 5:28] == RIGHT).all()
    assert (labels[2:10, 10:50, 36:59] == LEFT).all()


def test_scan_mirrored_as_a_whole_stays_as_it_is_seen() -> None:
    lung, side_score = two_lungs()
    labels, _ = clean_volume(lung, 255 - side_score)
    assert (labels[2:10, 10:50, 5:28] == LEFT).all()


def test_rare_anatomy_does_not_overrule_what_the_scan_says() -> None:
    # the network takes 5 of the 8 slices with lung for mirrored: a pull of (3 - 5) / 8 of the 0.8 that two lungs reach
    lung, side_score = two_lungs()
    side_score[3:8] = 255 - side_score[3:8]
    labels, _ = clean_volume(lung, side_score)
    assert (labels[:, :, :32] != 2).all()
    assert (labels[:, :, 32:] != 1).all()


def test_slab_of_the_lungs_has_the_sides_that_the_scan_says() -> None:
    lung, side_score = (stack[2:10] for stack in two_lungs())
    labels, _ = clean_volume(lung, 255 - side_score)
    assert (labels[:, 10:50, 5:28] == RIGHT).all()
    assert (labels[:, 10:50, 36:59] == LEFT).all()


def test_recess_where_only_one_lung_is_left_keeps_its_side() -> None:
    lung, side_score = two_lungs()
    lung[2:5, 10:50, 36:59] = OUTSIDE
    side_score[2:5, :, :16] = np.random.default_rng(1).integers(90, 120, (3, 32, 16))
    labels, _ = clean_volume(lung, side_score)
    assert (labels[2:10, 10:50, 5:28] == RIGHT).all()
    assert set(np.unique(labels[2:5])) == {0, RIGHT}


def test_place_decides_what_the_network_leaves_open() -> None:
    lung, side_score = two_lungs()
    side_score[3:9, 5:25, 3:8] = 140
    labels, _ = clean_volume(lung, side_score)
    assert (labels[2:10, 10:50, 5:28] == RIGHT).all()


def test_one_lung_alone_is_not_divided_by_place() -> None:
    lung, side_score = scores()
    lung[2:10, 10:50, 5:59] = LUNG
    side_score[:] = np.random.default_rng(0).integers(20, 60, side_score.shape)
    labels, _ = clean_volume(lung, side_score)
    assert set(np.unique(labels)) == {0, RIGHT}


def test_dome_of_the_diaphragm_is_not_filled() -> None:
    lung, side_score = two_lungs()
    lung[:6, 15:45, 8:25] = OUTSIDE
    labels, _ = clean_volume(lung, side_score)
    assert not labels[:6, 15:45, 8:25].any()


def test_piece_on_the_wrong_side_goes_to_the_lung_it_is_joined_to() -> None:
    lung, side_score = two_lungs()
    side_score[8:10, 5:25, 2:14] = 220
    labels, _ = clean_volume(lung, side_score)
    assert (labels[2:10, 10:50, 5:28] == RIGHT).all()


def test_one_lung_after_pneumonectomy_stays_one_lung() -> None:
    lung, side_score = scores()
    lung[2:10, 10:50, 5:28] = LUNG
    labels, _ = clean_volume(lung, side_score)
    assert set(np.unique(labels)) == {0, RIGHT}


def test_large_loose_part_of_a_lung_is_kept() -> None:
    lung, side_score = two_lungs()
    lung[2:10, 26:30, 5:28] = OUTSIDE
    labels, _ = clean_volume(lung, side_score)
    assert (labels[2:10, 10:26, 5:28] == RIGHT).all()
    assert (labels[2:10, 30:50, 5:28] == RIGHT).all()


def test_box_leaves_a_voxel_around_the_lungs() -> None:
    lung, side_score = two_lungs()
    assert clean_volume(lung, side_score).box == (slice(1, 11), slice(9, 51), slice(4, 60))


def test_nothing_stays_nothing() -> None:
    lung, side_score = scores()
    labels, cleaned = clean_volume(lung, side_score)
    assert not labels.any()
    assert np.array_equal(cleaned, lung)


def test_a_handful_of_voxels_is_no_lung() -> None:
    lung, side_score = scores((1, 64, 64))
    lung[0, 10:17, 10:18] = LUNG
    labels, _ = clean_volume(lung, side_score)
    assert not labels.any()


def test_single_slice_keeps_the_small_parts_of_a_lung_base() -> None:
    lung, side_score = scores((1, 64, 64))
    lung[0, 10:50, 5:28] = LUNG
    lung[0, 55:60, 5:10] = LUNG
    labels, _ = clean_volume(lung, side_score)
    assert (labels[0, 55:60, 5:10] == RIGHT).all()
