"""The expected Dice of a mask follows from the probabilities of its voxels."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.quality.overlap import expected_overlap


def test_certain_voxels_are_expected_to_agree() -> None:
    mask = np.array([True, True, False])
    assert expected_overlap(mask, np.array([255, 255, 0], np.uint8)) == 1.0


def test_uncertain_voxels_inside_and_outside_count() -> None:
    # half of each of two marked voxels is expected, and half of one beside: 2 x 1 / (2 + 1.5)
    mask = np.array([True, True, False])
    assert expected_overlap(mask, np.full(3, 128, np.uint8)) == pytest.approx(2 / 3.5, abs=0.003)


def test_nothing_marked_and_nothing_likely_agree() -> None:
    assert expected_overlap(np.zeros(3, bool), np.zeros(3, np.uint8)) == 1.0
