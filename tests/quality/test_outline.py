"""Solid tissue where the other lung reaches further is missing; air, and what the scan does not hold, is not."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_evidence import AIR, evidence, labels

from pleura.quality.grid import sampled_grid
from pleura.quality.outline import missing_by_symmetry


def cut() -> np.ndarray:
    """Return lungs of which the right one lacks its lower half."""
    mask = labels()
    mask[:, 13:, :20] = 0
    return mask


def test_lungs_that_are_alike_miss_nothing() -> None:
    right, left = missing_by_symmetry(sampled_grid(evidence(labels())))
    assert right.tolist() == left.tolist() == [0.0] * 6


def test_half_a_lung_without_air_is_missing_on_its_side() -> None:
    right, left = missing_by_symmetry(sampled_grid(evidence(cut())))
    assert left.tolist() == [0.0] * 6
    # 40 pixels are missing; rays also see the tissue between them and the middle
    assert right == pytest.approx(np.full(6, 60), rel=0.4)


def test_what_is_air_is_not_missing() -> None:
    given = evidence(cut())
    given.planes[:, 13:, :20] = AIR
    right, _ = missing_by_symmetry(sampled_grid(given))
    assert right.sum() < 20


def test_empty_slices_miss_nothing() -> None:
    mask = labels()
    mask[0] = 0
    right, left = missing_by_symmetry(sampled_grid(evidence(mask)))
    assert (right[0], left[0]) == (0.0, 0.0)


def test_beyond_the_end_of_one_lung_the_other_is_not_held_against_it() -> None:
    mask = labels()
    mask[:2, :, :20] = 0  # the right diaphragm is raised by two slices
    mask[2:, 13:, :20] = 0
    right, _ = missing_by_symmetry(sampled_grid(evidence(mask)))
    assert right[:2].tolist() == [0.0, 0.0]
    assert (right[2:] > 0).all()
