"""The lowest recesses are found by the air in them; bowel gas is not."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_ct import LUNG, chest, lungs, scan_of

from pleura.inference.recesses import missed_recesses, recess_zone

EVERYWHERE = np.ones((12, 64, 64), np.bool_)


def right_lung() -> np.ndarray:
    mask = lungs()
    mask[:, :, 32:] = False
    return mask


def added(hu: np.ndarray) -> np.ndarray:
    scan = scan_of(hu)
    return missed_recesses(right_lung(), EVERYWHERE, scan.planes, scan)


def test_recess_below_the_lung_is_added() -> None:
    hu = chest()
    hu[1, 40:46, 12:26] = -700  # 6 x 14 voxels of 0.02 mL, 5 mm below the lowest slice
    found = added(hu)
    assert found[1, 40:46, 12:26].all()
    assert found.sum() == 84


def test_gas_that_reaches_further_than_a_recess_is_left_out() -> None:
    hu = chest()
    hu[2:4, 48:64, 12:26] = -700  # joined to the lung, 16 rows of 2 mm to the back
    assert not added(hu).any()


def test_gas_as_dark_as_in_the_bowel_is_left_out() -> None:
    hu = chest()
    hu[1, 40:46, 12:26] = -1000
    assert not added(hu).any()


def test_what_is_smaller_than_a_third_of_a_millilitre_is_left_to_the_network() -> None:
    hu = chest()
    hu[1, 40:43, 12:16] = -700  # 12 voxels of 0.02 mL
    assert not added(hu).any()


def test_air_that_is_not_joined_to_the_lung_is_left_out() -> None:
    hu = chest()
    hu[0, 40:46, 12:26] = LUNG  # a slice of soft tissue lies between
    assert not added(hu).any()


def test_zone_reaches_from_below_the_lowest_slice_to_40_mm_above() -> None:
    # lowest slice 2; 8 mm are 2 slices of 5 mm, taken twice; 40 mm are 8 slices
    assert recess_zone(right_lung(), 5.0) == slice(0, 11)
    assert recess_zone(np.zeros((3, 4, 4), np.bool_), 5.0) == slice(0, 0)


def test_speck_far_below_does_not_draw_the_zone_down() -> None:
    mask = np.zeros((40, 64, 64), np.bool_)
    mask[20:30] = right_lung()[2:3]
    mask[0, 10:12, 10:12] = True
    assert recess_zone(mask, 5.0) == slice(16, 29)


@pytest.mark.parametrize(("dark", "stays"), [(6, True), (7, False)])
def test_piece_of_which_a_tenth_is_as_dark_as_noise_makes_it_is_added(dark: int, stays: bool) -> None:
    hu = chest()
    hu[1, 40:46, 12:22] = -700  # 60 voxels
    hu[1, 40, 12 : 12 + dark] = -970
    assert added(hu).sum() == (60 if stays else 0)
