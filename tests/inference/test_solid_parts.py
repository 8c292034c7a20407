"""Soft tissue that was taken for lung: what holds no air, and what stands on the diaphragm."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_ct import LUNG, SOFT, body, chest, coarse, lungs, scan_of

from pleura.inference.solid_parts import Piece, airless_parts, resting_pieces, solid_pieces


def block(z: slice, rows: slice, columns: slice, slices: int = 12) -> np.ndarray:
    mask = np.zeros((slices, 64, 64), np.bool_)
    mask[z, rows, columns] = True
    return mask


FLUID = 10  # HU
BRAIN = block(slice(13, 20), slice(16, 48), slice(10, 54), 22)


def test_brain_above_two_lungs_is_no_lung() -> None:
    mask = coarse(lungs(22) | BRAIN)
    assert np.array_equal(airless_parts(mask, scan_of(chest(22))), coarse(BRAIN))


def test_brain_alone_takes_the_sinuses_beside_it_along() -> None:
    hu = body(22)
    sinus = block(slice(13, 14), slice(10, 14), slice(30, 36), 22)
    hu[sinus] = -1000
    mask = coarse(BRAIN | sinus)  # 2 x 3 coarse voxels against 7 x 16 x 22
    assert np.array_equal(airless_parts(mask, scan_of(hu)), mask)


def test_part_with_a_fiftieth_of_air_stays() -> None:
    hu = body(22)
    hu[13:20, 16:20, 10:18] = LUNG  # 2 x 4 of the 16 x 22 coarse voxels of each slice: 0.023
    assert not airless_parts(coarse(BRAIN), scan_of(hu)).any()


@pytest.mark.parametrize(("slices", "stays"), [(8, True), (4, True), (3, False)])
def test_white_lung_beside_an_aerated_one_stays_if_marked_in_two_fifths_of_its_slices(slices: int, stays: bool) -> None:
    hu, mask = chest(), lungs()
    hu[2:10, 16:48, 36:54] = SOFT
    mask[2 + slices : 10, 16:48, 36:54] = False
    assert airless_parts(coarse(mask), scan_of(hu)).any() != stays


def test_strip_without_air_is_too_small_for_a_white_lung_however_tall() -> None:
    hu = chest()
    hu[2:10, 16:48, 36:54] = SOFT
    strip = block(slice(2, 10), slice(30, 34), slice(48, 54))  # 8 x 2 x 3 coarse voxels beside 8 x 16 x 9 of lung
    mask = lungs()
    mask[:, :, 32:] = False
    assert np.array_equal(airless_parts(coarse(mask | strip), scan_of(hu)), coarse(strip))


def test_fluid_below_the_lung_of_its_own_side_is_no_lung() -> None:
    hu = chest(16)
    fluid = block(slice(0, 1), slice(16, 48), slice(10, 28), 16)
    assert np.array_equal(airless_parts(coarse(lungs(16) | fluid), scan_of(hu)), coarse(fluid))


def test_brain_in_a_single_slice_is_no_lung_and_consolidation_in_one_stays() -> None:
    mask = coarse(lungs()[4:5])
    assert airless_parts(mask, scan_of(body(1))).sum() == mask.sum()
    hu = body(1)
    hu[:, 16:20, 10:28] = hu[:, 16:20, 36:54] = LUNG  # an eighth of each lung is left
    assert not airless_parts(mask, scan_of(hu)).any()


def dome() -> tuple[np.ndarray, np.ndarray]:
    """Return a chest whose right lung has a dome in slices 0 to 3, and the part of it that the lung rings."""
    hu = chest()
    top = block(slice(2, 4), slice(24, 40), slice(14, 24))
    hu[top] = SOFT
    return hu, top


def test_dome_with_lung_around_it_is_found_where_it_rests_on_the_liver() -> None:
    hu, top = dome()
    domes, enclosed, _ = resting_pieces(coarse(lungs()), scan_of(hu))
    assert domes[coarse(top)].all()
    assert domes.sum() == coarse(top).sum() == 2 * 8 * 5
    assert not enclosed.any()


def test_tumour_with_lung_below_stays() -> None:
    hu = chest()
    hu[4:8, 24:40, 14:24] = SOFT
    domes, enclosed, _ = resting_pieces(coarse(lungs()), scan_of(hu))
    assert not domes.any()
    assert not enclosed.any()


def test_tumour_of_which_half_rests_on_the_diaphragm_stays() -> None:
    hu = chest()
    hu[2:6, 24:32, 14:24] = hu[4:6, 32:40, 14:24] = SOFT
    (piece,) = solid_pieces(coarse(lungs()), scan_of(hu))
    assert piece.resting == 0.5
    assert piece.soft_beside == 0.0
    assert not piece.is_dome


def test_consolidation_on_the_diaphragm_that_leans_on_the_wall_stays() -> None:
    hu = chest()
    hu[2:5, 16:48, 10:28] = SOFT  # the whole base of the right lung, with the wall of the chest on all sides
    (piece,) = solid_pieces(coarse(lungs()), scan_of(hu))
    assert piece.resting == 1.0
    assert piece.soft_beside == 1.0
    assert piece.soft_above == 0.0
    assert not piece.is_dome
    assert not piece.is_enclosed


def test_fluid_within_soft_tissue_is_enclosed() -> None:
    hu = chest(16)
    fluid = block(slice(11, 14), slice(16, 48), slice(10, 28), 16)
    hu[fluid] = FLUID
    domes, enclosed, _ = resting_pieces(coarse(lungs(16) | fluid), scan_of(hu))
    assert not domes.any()
    assert np.array_equal(enclosed, coarse(fluid))


def test_white_lung_lies_within_soft_tissue_and_stays() -> None:
    hu = chest()
    hu[2:10, 16:48, 36:54] = SOFT
    (piece,) = solid_pieces(coarse(lungs()), scan_of(hu))
    assert (piece.resting, piece.soft_beside, piece.soft_above) == (1.0, 1.0, 1.0)
    assert not resting_pieces(coarse(lungs()), scan_of(hu))[1].any()


def test_white_lung_with_bronchi_that_hold_some_air_stays() -> None:
    hu = chest()
    hu[2:10, 16:48, 36:54] = SOFT
    hu[2:10, 16:48, 36:54:4] = -140  # in every second column of the coarse grid, the mean comes to -50
    hu[2:10, 16:48:4, 36:54] = SOFT  # in every fourth voxel of it
    (piece,) = solid_pieces(coarse(lungs()), scan_of(hu))
    inside = scan_of(hu).coarse[piece.box][piece.inside]
    assert inside.mean() < scan_of(hu).byte(30) < np.median(inside)
    assert not piece.is_enclosed


def test_piece_at_the_end_of_the_scan_rests_on_nothing() -> None:
    hu, _ = dome()
    (piece,) = solid_pieces(coarse(lungs()[2:]), scan_of(hu[2:]))
    assert piece.resting == 0.0


@pytest.mark.parametrize(("rows", "found"), [(6, 1), (4, 0)])
def test_pieces_of_a_millilitre_are_looked_at(rows: int, found: int) -> None:
    # 3 x 5 coarse voxels of 0.08 mL make 1.2 mL; what is thinner than three is no piece
    hu = chest()
    hu[4, 20 : 20 + rows, 14:24] = SOFT
    assert len(solid_pieces(coarse(lungs()), scan_of(hu))) == found


@pytest.mark.parametrize(
    ("beside", "volume_ml", "is_dome"),
    [(0.49, 12.0, True), (0.5, 12.0, False), (0.49, 30.0, True), (0.49, 31.0, False)],
)
def test_piece_with_soft_tissue_on_half_of_its_sides_or_as_large_as_a_mass_is_no_dome(
    beside: float, volume_ml: float, is_dome: bool
) -> None:
    box = (slice(0, 1), slice(0, 1), slice(0, 1))
    touching = {"resting": 1.0, "soft_beside": beside, "soft_above": 0.0}
    piece = Piece(box, np.ones((1, 1, 1), np.bool_), volume_ml=volume_ml, is_fluid=False, **touching)
    assert piece.is_dome == is_dome


def test_mass_that_stands_on_the_diaphragm_stays_and_its_volume_is_known() -> None:
    hu = chest(16)
    hu[2:9, 24:40, 12:26] = SOFT  # 7 x 8 x 7 coarse voxels of 0.08 mL
    domes, enclosed, standing = resting_pieces(coarse(lungs(16)), scan_of(hu))
    assert not domes.any()
    assert not enclosed.any()
    assert standing == pytest.approx(7 * 8 * 7 * 0.08)
