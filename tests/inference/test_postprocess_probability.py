"""Probabilities on one plane: each lung in one part, without holes, and nothing else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.postprocess_probability import clean_lung, clean_picture


def probabilities(labels: NDArray[np.integer]) -> NDArray[np.uint8]:
    return np.stack([np.where(labels == label, 255, 0) for label in range(3)]).astype(np.uint8)


def lungs() -> NDArray[np.uint8]:
    labels = np.zeros((64, 64), np.uint8)
    labels[10:50, 5:25] = 1
    labels[10:50, 40:60] = 2
    return labels


def test_sound_lungs_stay_as_they_are() -> None:
    assert np.array_equal(clean_picture(probabilities(lungs())), probabilities(lungs()))


def test_small_components_go_and_holes_are_filled() -> None:
    labels = lungs()
    labels[55:58, 30:34] = 1  # 12 pixels, less than 0.4 of 800
    labels[20:25, 45:50] = 0
    assert np.array_equal(clean_picture(probabilities(labels)).argmax(axis=0), lungs())


def test_half_a_lung_behind_a_tube_stays() -> None:
    labels = lungs()
    labels[30:32, 5:25] = 0
    assert np.array_equal(clean_picture(probabilities(labels)).argmax(axis=0), labels)


def test_a_speck_in_an_empty_picture_is_no_lung() -> None:
    labels = np.zeros((64, 64), np.uint8)
    labels[5:8, 5:9] = 1  # 12 of 4096 pixels, less than 0.003
    assert not clean_picture(probabilities(labels)).argmax(axis=0).any()


def test_the_other_lung_is_no_hole() -> None:
    labels = np.zeros((64, 64), np.uint8)
    labels[5:60, 5:60] = 1
    labels[20:40, 20:40] = 2
    assert np.array_equal(clean_picture(probabilities(labels)).argmax(axis=0), labels)


def chest() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return what a network sees of a slice and says of it: a body with two lungs, on a table with air below it."""
    plane = np.zeros((64, 64), np.uint8)
    plane[5:54, 2:62] = 180
    plane[58:60, 2:62] = 120  # the table
    lung = np.where(lungs() > 0, 255, 0).astype(np.uint8)
    plane[lung > 0] = 20
    return plane[None], lung[None]


def test_lung_of_one_label_is_two_parts_inside_the_body() -> None:
    planes, lung = chest()
    found = lung.copy()
    found[0, 55:57, 5:60] = 255  # 110 pixels of the air above the table, more than 0.1 of 800
    found[0, 52:53, 30:34] = 255  # 4 pixels in the body
    found[0, 20:24, 10:14] = 0
    assert np.array_equal(clean_lung(found, planes, has_air_around=True), lung)


def test_mask_of_half_the_side_is_compared_with_what_was_seen_of_it() -> None:
    planes, lung = chest()
    found = lung[:, ::2, ::2].copy()
    found[0, 28, 3:30] = 255  # in the air above the table
    assert np.array_equal(clean_lung(found, planes, has_air_around=True), lung[:, ::2, ::2])


def test_lungs_that_the_picture_cuts_stay() -> None:
    planes, lung = chest()
    planes, lung = planes[:, :, 10:55], lung[:, :, 10:55]
    assert np.array_equal(clean_lung(lung, planes, has_air_around=True), lung)


def test_heart_that_touching_lungs_surround_is_no_hole() -> None:
    lung = np.zeros((1, 64, 64), np.uint8)
    lung[0, 10:50, 10:50] = 255
    lung[0, 20:40, 20:40] = 0  # 400 pixels
    assert np.array_equal(clean_lung(lung, 255 - lung, has_air_around=False), lung)


def test_thin_end_of_a_lung_stays_in_a_volume() -> None:
    lung = np.zeros((5, 32, 32), np.uint8)
    lung[1:, 4:28, 4:28] = 255
    lung[0, 15:17, 15:17] = 255  # joined to the next slice
    lung[4, 30:32, 30:32] = 255  # 4 voxels of 2308, less than 0.02
    found = clean_lung(lung, np.full_like(lung, 200), has_air_around=False)
    assert found[0].any()
    assert not found[4, 30:, 30:].any()


def test_nothing_found_stays_nothing() -> None:
    empty = np.zeros((2, 32, 32), np.uint8)
    assert not clean_lung(empty, empty, has_air_around=True).any()
