"""Each warning appears when it is due, and only then."""

from __future__ import annotations

import numpy as np

from pleura.inference.mask_warnings import lung_warnings
from pleura.labels import LEFT, RIGHT


def codes(labels: np.ndarray) -> set[str]:
    return {note.code for note in lung_warnings(labels)}


def lungs() -> np.ndarray:
    labels = np.zeros((10, 20, 20), np.uint8)
    labels[2:8, 5:15, 2:9] = RIGHT
    labels[2:8, 5:15, 11:18] = LEFT
    return labels


def test_two_whole_lungs_give_no_warning() -> None:
    assert codes(lungs()) == set()


def test_empty_mask_is_never_silent() -> None:
    assert codes(np.zeros((3, 4, 5), np.uint8)) == {"no-lung"}


def test_missing_lung_is_named() -> None:
    labels = lungs()
    labels[labels == LEFT] = 0
    notes = lung_warnings(labels)
    assert [note.code for note in notes] == ["one-lung"]
    assert "left" in notes[0].message


def test_lung_of_less_than_a_fifth_is_named() -> None:
    labels = lungs()
    labels[3:8][labels[3:8] == RIGHT] = 0
    assert codes(labels) == {"unequal-lungs"}


def test_lungs_in_mirror_image_are_flagged() -> None:
    assert codes(lungs()[:, :, ::-1]) == {"mirrored"}


def test_bit_of_a_lung_that_is_called_the_other_says_nothing_of_the_orientation() -> None:
    labels = np.zeros((10, 20, 20), np.uint8)
    labels[2:8, 5:15, 5:15] = RIGHT  # 600 voxels
    labels[2:4, 5:10, 5:8] = LEFT  # 30 of them, on the right of its middle: 30 / 570 is above a twentieth
    assert codes(labels) == {"unequal-lungs", "mirrored"}
    labels[3, 5:10, 5:8] = RIGHT  # 15 are left
    assert codes(labels) == {"unequal-lungs"}


def test_picture_may_show_the_patient_any_way_round() -> None:
    assert not lung_warnings(lungs()[4:5, :, ::-1], is_picture=True)


def test_lung_in_the_first_slice_is_cut_off() -> None:
    notes = lung_warnings(lungs()[3:])
    assert [note.code for note in notes] == ["cut-off"]
    assert "lowest" in notes[0].message


def test_single_slice_is_not_called_cut_off() -> None:
    assert codes(lungs()[4:5]) == set()
