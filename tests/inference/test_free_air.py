"""Free air beside a collapsed lung is taken out of the mask; bullae, emphysema and whole lungs stay."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_ct import AIR, RIGHT_LUNG, SOFT, chest, coarse, lungs, scan_of, scores

from pleura.inference.free_air import free_air

SPACING = (10.0, 4.0, 4.0)
"""Of 0.16 mL a voxel, so that a lung holds 737 mL."""

FREE = (slice(2, 10), slice(16, 40), RIGHT_LUNG[1])
"""24 of the 32 rows of the right lung: 553 mL."""


def found(hu: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    mask = lungs() if mask is None else mask
    return free_air(coarse(mask), scores(mask)[1], scan_of(hu, spacing=SPACING))


def with_air(rest_hu: float, air_hu: float = AIR) -> np.ndarray:
    """Return the chest with air in front of what is left of the right lung."""
    hu = chest()
    hu[2:10, 16:48, 10:28] = rest_hu
    hu[FREE] = air_hu
    return hu


def marked() -> np.ndarray:
    mask = np.zeros((12, 64, 64), np.bool_)
    mask[FREE] = True
    return coarse(mask)


@pytest.mark.parametrize("rest_hu", [-720, -500, 0])
def test_air_in_front_of_a_collapsed_lung_is_free(rest_hu: float) -> None:
    assert np.array_equal(found(with_air(rest_hu)), marked())


def test_noise_leaves_less_than_a_hundredth_of_it() -> None:
    noise = np.random.default_rng(0).normal(0, 30, (12, 64, 64))
    assert 0.99 < np.count_nonzero(found(with_air(-500) + noise)) / np.count_nonzero(marked()) < 1.01


@pytest.mark.parametrize("rest_hu", [-850, -930])
def test_air_in_a_lung_that_is_filled_is_a_bulla_and_stays(rest_hu: float) -> None:
    assert not found(with_air(rest_hu)).any()


def test_air_in_both_lungs_is_of_the_scanner_and_stays() -> None:
    hu = with_air(-500)
    hu[2:10, 16:28, 36:54] = AIR  # of the left lung: half as much
    assert not found(hu).any()


@pytest.mark.parametrize("offset", [-160, -200])
def test_lungs_with_vessels_of_a_scanner_with_an_offset_stay(offset: float) -> None:
    hu = chest()
    for columns in (slice(10, 16), slice(36, 42)):
        hu[2:10, 16:48, columns] = -500  # as beside the heart
    assert not found(hu + offset).any()


def test_one_lung_alone_in_a_mask_stays() -> None:
    mask = lungs()
    mask[..., 32:] = False
    assert not found(with_air(-500), mask).any()


def test_tumour_in_what_is_left_of_an_emphysema_is_no_collapse() -> None:
    hu = with_air(-870)
    hu[2:10, 42:48, 10:22] = SOFT  # more than a half of what is left of the lung, whose mean is above -400 HU
    assert not found(hu).any()


def test_lung_with_its_smallest_vessels_is_no_air() -> None:
    assert not found(with_air(-500, air_hu=-960)).any()


def test_thin_walls_beside_air_are_no_collapsed_lung() -> None:
    hu = with_air(AIR)
    hu[2:10, 16:48, 16:20] = SOFT  # a wall of 4 pixels, 2 on the coarse grid
    assert not found(hu).any()


def test_small_pneumothorax_stays_in_the_mask() -> None:
    hu = chest()
    hu[2:10, 16:48, 10:28] = -500
    hu[2:10, 16:32, 10:28] = AIR  # 3 blocks of 6 x 6 pixels at most, of 8 slices: 138 mL
    assert not found(hu).any()
