"""A scan of one side holds one lung, whatever the network made of it; two lungs stay two."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_ct import LUNG, SOFT, chest, lungs, scan_of

import pleura
from pleura.inference.one_lung import join_one_lung
from pleura.labels import LEFT, RIGHT
from pleura.reading import read
from pleura.volume import Volume


def one_side(spine_at: slice) -> tuple[np.ndarray, np.ndarray]:
    """Return a chest with one lung in columns 16 to 47, bone at its back, and labels that divide it front and back."""
    hu = np.full((12, 64, 64), SOFT, np.float64)
    labels = np.zeros((12, 64, 64), np.uint8)
    labels[2:10, 16:32, 16:48], labels[2:10, 32:48, 16:48] = RIGHT, LEFT
    hu[labels > 0] = LUNG
    hu[:, 40:48, spine_at] = 500
    labels[hu > 0] = 0
    return hu, labels


@pytest.mark.parametrize(("spine_at", "side"), [(slice(40, 48), RIGHT), (slice(16, 24), LEFT)])
def test_divided_lung_is_given_the_side_away_from_the_spine(spine_at: slice, side: int) -> None:
    hu, labels = one_side(spine_at)
    scan = scan_of(hu)
    assert join_one_lung(labels, scan.planes, scan)
    assert set(np.unique(labels)) == {0, side}


def test_two_lungs_that_touch_at_the_front_stay_two() -> None:
    mask = lungs()
    mask[2:10, 16:20, 28:36] = True  # joined over 4 rows and 8 slices
    labels = mask.astype(np.uint8) * RIGHT
    labels[:, :, 32:][mask[:, :, 32:]] = LEFT
    before, scan = labels.copy(), scan_of(chest())
    assert not join_one_lung(labels, scan.planes, scan)
    assert np.array_equal(labels, before)


def test_two_lungs_whose_upper_halves_were_exchanged_are_not_made_one() -> None:
    mask = lungs()
    mask[2:10, 16:20, 28:36] = True  # joined at the front: 4 of 32 rows of the columns in the middle
    labels = mask.astype(np.uint8) * RIGHT
    labels[:, :, 32:][mask[:, :, 32:]] = LEFT
    labels[6:][mask[6:]] = RIGHT + LEFT - labels[6:][mask[6:]]
    scan = scan_of(chest())
    assert not join_one_lung(labels, scan.planes, scan)


def test_lungs_in_the_same_columns_that_touch_little_stay_two() -> None:
    hu, labels = one_side(slice(40, 48))
    labels[:, 30:34, 20:] = 0  # 4 of 32 columns are left of their border: 320 mm2 of 1,700
    scan = scan_of(hu)
    assert not join_one_lung(labels, scan.planes, scan)


def test_lungs_side_by_side_stay_two_however_wide_they_touch() -> None:
    labels = np.zeros((12, 64, 64), np.uint8)
    labels[2:10, 16:48, 16:32], labels[2:10, 16:48, 32:48] = RIGHT, LEFT  # 2,560 mm2, 1.4 of what counts as wide
    scan = scan_of(chest())
    assert not join_one_lung(labels, scan.planes, scan)


def test_small_lung_beside_a_large_one_stays() -> None:
    hu, labels = chest(), lungs().astype(np.uint8) * RIGHT
    labels[2:10, 16:48, 36:54] = 0
    labels[2:4, 16:24, 36:40] = LEFT
    scan = scan_of(hu)
    assert not join_one_lung(labels, scan.planes, scan)


def test_two_lungs_apart_that_were_both_divided_are_not_made_one() -> None:
    labels = np.zeros((12, 64, 64), np.uint8)
    for columns in (slice(8, 30), slice(34, 56)):  # as where the file says that the patient lies on the side
        labels[2:10, 16:32, columns], labels[2:10, 32:48, columns] = RIGHT, LEFT
    scan = scan_of(chest())
    assert not join_one_lung(labels, scan.planes, scan)


def test_a_single_slice_is_left_to_the_network() -> None:
    hu, labels = one_side(slice(40, 48))
    scan = scan_of(hu[4:5])
    assert not join_one_lung(labels[4:5], scan.planes, scan)


@pytest.mark.parametrize(("side", "columns"), [(RIGHT, slice(0, 62)), (LEFT, slice(66, 128))])
def test_crop_of_one_side_is_that_lung_and_is_not_called_mirrored(shared: Path, side: int, columns: slice) -> None:
    volume = read(shared / "data/ct/volumes/train/images/imlab_id001.nii.gz")
    half = Volume(np.ascontiguousarray(volume.voxels[:, :, columns]), volume.affine)
    result = pleura.segment(half)
    assert np.count_nonzero(result.labels == side) > 0.98 * np.count_nonzero(result.labels)
    assert "mirrored" not in {note.code for note in result.warnings}
