"""Chances on one plane: each lung in one part, without holes, and nothing else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.tidy import tidy


def chances(labels: NDArray[np.integer]) -> NDArray[np.uint8]:
    return np.stack([np.where(labels == label, 255, 0) for label in range(3)]).astype(np.uint8)


def lungs() -> NDArray[np.uint8]:
    labels = np.zeros((64, 64), np.uint8)
    labels[10:50, 5:25] = 1
    labels[10:50, 40:60] = 2
    return labels


def test_sound_lungs_stay_as_they_are() -> None:
    assert np.array_equal(tidy(chances(lungs())), chances(lungs()))


def test_crumbs_go_and_holes_are_filled() -> None:
    labels = lungs()
    labels[55:58, 30:34] = 1  # 12 pixels, less than 0.4 of 800
    labels[20:25, 45:50] = 0
    assert np.array_equal(tidy(chances(labels)).argmax(axis=0), lungs())


def test_half_a_lung_behind_a_tube_stays() -> None:
    labels = lungs()
    labels[30:32, 5:25] = 0
    assert np.array_equal(tidy(chances(labels)).argmax(axis=0), labels)


def test_a_speck_in_an_empty_picture_is_no_lung() -> None:
    labels = np.zeros((64, 64), np.uint8)
    labels[5:8, 5:9] = 1  # 12 of 4096 pixels, less than 0.003
    assert not tidy(chances(labels)).argmax(axis=0).any()


def test_the_other_lung_is_no_hole() -> None:
    labels = np.zeros((64, 64), np.uint8)
    labels[5:60, 5:60] = 1
    labels[20:40, 20:40] = 2
    assert np.array_equal(tidy(chances(labels)).argmax(axis=0), labels)
