"""The figures of the hard cases, on boxes whose answers are counted by hand."""

from __future__ import annotations

import hard_measures as hard
import numpy as np
import pytest

SPACING = (2.5, 2.0, 2.0)
"""A voxel holds 0.01 mL."""


def chest() -> tuple[np.ndarray, np.ndarray]:
    hu = np.full((20, 40, 60), 40, np.int16)
    truth = np.zeros(hu.shape, np.uint8)
    truth[4:16, 10:30, 5:25] = 1
    truth[4:16, 10:30, 35:55] = 2
    hu[truth > 0] = -850
    return hu, truth


def test_the_truth_itself_has_no_fault() -> None:
    hu, truth = chest()
    found = hard.measure(truth, truth, hu, SPACING)
    assert (found.right, found.left) == (1.0, 1.0)
    assert (found.soft, found.airless, found.beyond, found.ends, found.flicker) == (0, 0, 0, 0, 1)
    assert not found.exchanged


def test_soft_tissue_far_from_the_lung_counts_and_its_border_does_not() -> None:
    hu, truth = chest()
    labels = truth.copy()
    labels[4:16, 30:32, 5:25] = 1  # 2 and 4 mm behind the lung: only the second row is further than 3 mm
    found = hard.measure(labels, truth, hu, SPACING)
    assert found.soft == pytest.approx(12 * 20 * 0.01)
    assert found.airless == 0


def test_a_part_without_air_is_found_wherever_it_lies() -> None:
    hu, truth = chest()
    labels = truth.copy()
    labels[18:20, 0:5, 0:10] = 2
    found = hard.measure(labels, truth, hu, SPACING)
    assert found.airless == pytest.approx(1.0)
    assert found.beyond == pytest.approx(1.0)


def test_solid_tissue_in_every_other_slice_flickers() -> None:
    hu, truth = chest()
    hu[6:14, 15:25, 10:20] = 40  # a mass of 8 slices of 100 pixels, all of it lung
    labels = truth.copy()
    labels[7:14:2, 15:25, 10:20] = 0
    steady, flickering = (hard.measure(one, truth, hu, SPACING).flicker for one in (truth, labels))
    assert steady == 1
    assert flickering > 2


def test_a_missed_end_is_counted_in_slices_of_2_5_mm() -> None:
    hu, truth = chest()
    labels = truth.copy()
    labels[4:7] = 0
    labels[15, :, :30] = 0
    assert hard.measure(labels, truth, hu, SPACING).ends == 3


def test_exchanged_sides_are_said() -> None:
    hu, truth = chest()
    assert hard.measure(np.where(truth > 0, 3 - truth, 0).astype(np.uint8), truth, hu, SPACING).exchanged


def test_unknown_voxels_are_not_scored() -> None:
    hu, truth = chest()
    labels = truth.copy()
    truth[4:16, 30:40, 5:25] = 255
    labels[4:16, 30:40, 5:25] = 1
    found = hard.measure(labels, truth, hu, SPACING)
    assert found.right == 1.0
    assert found.soft == 0
