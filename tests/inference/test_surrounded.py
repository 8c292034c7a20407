"""Solid tissue with lung around it and below is lung; what rests on more of it, or on what nobody sees, is not."""

from __future__ import annotations

import numpy as np
from drawn_ct import AIR, LUNG, SOFT, chest, coarse, lungs, scan_of

from pleura.inference.surrounded import surrounded_pieces

MASS = (slice(4, 8), slice(24, 36), slice(12, 24))  # in the right lung, which is in slices 2 to 9: 12 mL


def without(hu: np.ndarray, *lost: tuple[slice, slice, slice]) -> np.ndarray:
    """Return what of the lungs is marked where the network lost some of it, after the rule."""
    mask = lungs(len(hu))
    for part in lost:
        mask[part] = False
    return coarse(mask) | surrounded_pieces(coarse(mask), scan_of(hu))


def test_mass_that_the_network_loses_in_some_slices_is_lung() -> None:
    hu = chest()
    hu[MASS] = SOFT
    assert np.array_equal(without(hu, MASS), coarse(lungs()))
    assert np.array_equal(without(hu, (slice(5, 7), *MASS[1:])), coarse(lungs()))


def test_vessel_that_joins_a_mass_to_the_mediastinum_does_not_keep_it_out() -> None:
    hu, vessel = chest(), (slice(4, 8), slice(28, 32), slice(24, 28))  # two coarse voxels wide
    hu[MASS] = hu[vessel] = SOFT
    assert coarse(lungs())[4, 12:18, 6:12].all()
    assert without(hu, MASS, vessel)[4, 12:18, 6:12].all()


def test_dome_that_rests_on_more_of_its_kind_stays_outside() -> None:
    hu, dome = chest(), (slice(2, 6), *MASS[1:])
    hu[dome] = hu[:2] = SOFT
    assert not without(hu, dome)[2:6, 12:18, 6:12].any()


def test_mass_at_the_wall_is_left_to_the_network() -> None:
    hu, at_the_wall = chest(), (MASS[0], MASS[1], slice(10, 22))
    hu[at_the_wall] = SOFT
    assert not without(hu, at_the_wall)[4:8, 12:18, 5:11].any()


def test_piece_in_the_lowest_slice_stays_outside_as_nobody_knows_what_lies_below() -> None:
    hu = chest()[4:]
    hu[:4, 24:36, 12:24] = SOFT
    mask = lungs()[4:]
    mask[:4, 24:36, 12:24] = False
    assert not surrounded_pieces(coarse(mask), scan_of(hu)).any()


def test_air_with_lung_around_it_is_another_rule() -> None:
    hu = chest()
    hu[MASS] = AIR
    assert not surrounded_pieces(coarse(lungs() & (hu == LUNG)), scan_of(hu)).any()


def test_vessels_of_half_a_millilitre_are_too_small() -> None:
    hu, vessel = chest(), (slice(4, 5), slice(24, 28), slice(12, 18))  # 6 coarse voxels of 0.08 mL
    hu[vessel] = SOFT
    mask = lungs()
    mask[vessel] = False
    assert not surrounded_pieces(coarse(mask), scan_of(hu)).any()
