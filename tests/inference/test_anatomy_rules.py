"""The rules of anatomy change the scores of a CT in HU, as little as needed, and say how much in millilitres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_ct import AIR, SOFT, body, chest, lungs, scan_of, scores

import pleura
from pleura.geometry import to_axial
from pleura.inference.anatomy_rules import RuleVolumes, apply_anatomy_rules
from pleura.inference.grid import FieldOfView
from pleura.networks import encoding


def apply(mask: np.ndarray, hu: np.ndarray, **changes: object) -> tuple[np.ndarray, RuleVolumes]:
    """Return what is marked after the rules, and what they say."""
    lung, side_score = scores(mask)
    volumes = apply_anatomy_rules(lung, side_score, scan_of(hu, **changes))
    return lung > encoding.ZERO, volumes


def test_lungs_without_fault_stay_as_they_are_to_the_byte() -> None:
    lung, side_score = scores(lungs())
    before = lung.copy()
    assert apply_anatomy_rules(lung, side_score, scan_of(chest())) == RuleVolumes()
    assert np.array_equal(lung, before)


def test_air_outside_the_skin_goes_and_is_counted() -> None:
    mask = lungs()
    mask[4, 2:6, 20:40] = True  # in front of the body: 80 voxels of 0.02 mL
    marked, volumes = apply(mask, chest())
    assert np.array_equal(marked, lungs())
    assert volumes == RuleVolumes(outside_skin=pytest.approx(1.6))


def test_lung_behind_a_wall_that_air_under_the_skin_breaks_stays() -> None:
    hu = chest()
    hu[:, 10:16, 6:58] = hu[:, 16:54, 6:10] = hu[:, 16:54, 54:58] = AIR  # within the wall, in front and beside
    hu[2:10, 16:48, 10:28] = hu[2:10, 16:48, 36:54] = -950  # skin of 2 rows is left, too thin to be the body
    assert np.array_equal(apply(lungs(), hu)[0], lungs())


@pytest.mark.parametrize(("value", "stays"), [(-940, True), (-985, False)])
def test_emphysema_that_the_field_of_view_cuts_is_no_open_air(value: float, stays: bool) -> None:
    hu, mask = chest(), lungs()
    hu[:, :16] = hu[:, 48:] = hu[:, :, :14] = -1024  # the circle of reconstruction leaves neither skin nor wall
    hu[2:10, 16:48, 14:28] = value
    mask[hu == -1024] = False
    assert np.array_equal(apply(mask, hu)[0], mask) == stays


def test_free_air_beside_a_collapsed_lung_goes_and_is_counted() -> None:
    hu, collapsed = chest(), lungs()
    hu[2:10, 16:48, 10:28] = -500
    hu[2:10, 16:40, 10:28] = AIR
    collapsed[:, 16:40, 10:28] = False
    marked, volumes = apply(lungs(), hu, spacing=(10.0, 4.0, 4.0))
    assert np.array_equal(marked, collapsed)
    assert volumes == RuleVolumes(free_air=pytest.approx(8 * 24 * 18 * 0.16))


def test_what_is_marked_beyond_the_slices_goes_and_is_not_counted() -> None:
    hu, mask = chest(), lungs()
    hu[:, :, :12] = -1024
    mask[2:10, 16:48, 4:10] = True
    fov = FieldOfView(0, -12, 64, 64)
    marked, volumes = apply(mask, hu, fov=fov, slice_shape=(64, 52))
    assert not marked[:, :, :12].any()
    assert np.array_equal(marked[:, :, 12:], lungs()[:, :, 12:])
    assert volumes == RuleVolumes()


def test_pillow_beside_the_body_goes_though_it_is_denser_than_air() -> None:
    hu, mask = chest(), lungs()
    hu[3:6, 57:60, 10:30] = -600
    mask[3:6, 57:60, 10:30] = True
    assert np.array_equal(apply(mask, hu)[0], lungs())


def test_head_keeps_nothing_not_even_specks_between_the_coarse_pixels() -> None:
    mask = np.zeros((12, 64, 64), np.bool_)
    mask[2:10, 16:48, 10:54] = True
    mask[0, 13, 13] = True  # an odd row and column
    marked, volumes = apply(mask, body())
    assert not marked.any()
    assert volumes.airless == pytest.approx(8 * 32 * 44 * 0.02)


def test_gas_of_the_pelvis_in_slices_apart_from_the_lungs_goes() -> None:
    hu, mask = np.concatenate([body(), chest()]), np.concatenate([np.zeros_like(lungs()), lungs()])
    gas = np.zeros_like(mask)
    gas[6:8, 20:32, 20:32] = True  # 6 slices of 5 mm below the lungs, 144 of 1,152 voxels in a slice
    hu[gas] = AIR
    marked, volumes = apply(mask | gas, hu)
    assert np.array_equal(marked, mask)
    assert volumes == RuleVolumes(detached=pytest.approx(2 * 144 * 0.02))


def test_dome_goes_with_the_pixels_between_the_coarse_ones() -> None:
    hu = chest()
    hu[2:4, 24:40, 14:24] = SOFT
    marked, volumes = apply(lungs(), hu)
    assert not marked[2:4, 24:40, 14:24].any()
    assert volumes == RuleVolumes(domes=pytest.approx(2 * 16 * 10 * 0.02))


def test_recess_is_added_to_the_lung_it_belongs_to() -> None:
    hu = chest()
    hu[1, 40:46, 12:26] = -700
    marked, volumes = apply(lungs(), hu)
    assert marked[1, 40:46, 12:26].all()
    assert volumes == RuleVolumes(recesses=pytest.approx(84 * 0.02))


@pytest.mark.parametrize("changes", [{"spacing_known": False}, {"spacing": (5000.0, 2000.0, 2000.0)}])
def test_rules_that_measure_millimetres_need_ones_to_be_believed(changes: dict[str, object]) -> None:
    hu = chest()
    hu[2:4, 24:40, 14:24] = SOFT
    assert np.array_equal(apply(lungs(), hu, **changes)[0], lungs())


def test_single_slice_of_a_head_is_empty() -> None:
    mask = np.zeros((1, 64, 64), np.bool_)
    mask[0, 16:48, 10:54] = True
    assert not apply(mask, body(1))[0].any()


def test_head_holds_no_lung(shared: Path) -> None:
    result = pleura.segment(shared / "data/ct/volumes_unlabelled2/images/c3n_01192_head.nii.gz")
    assert not result.labels.any()  # 1.1 L of brain and of air around the crown without the rules
    assert [note.code for note in result.warnings] == ["no-lung"]


def test_slice_of_a_head_holds_no_lung(shared: Path) -> None:
    result = pleura.segment(shared / "cases/reports/head-no-bodypart/693_J2KR.dcm")
    assert [note.code for note in result.warnings] == ["no-lung"]


def test_domes_of_liver_and_spleen_are_out(shared: Path) -> None:
    result = pleura.segment(shared / "data/ct/nsclc_rt/val/images/nsclc_lung1_003.nii.gz")
    labels, hu = to_axial(result.labels, result.volume.affine), to_axial(result.volume.voxels, result.volume.affine)
    solid = (labels[8:12] > 0) & (hu[8:12] > -150)  # 48 to 72 mm above the lowest slice, where the domes end
    assert np.count_nonzero(solid) * 1.954**2 * 6 / 1000 < 25  # mL, vessels and the rims of both; 77 without the rules


def test_what_a_single_slice_loses_is_counted_in_millilitres() -> None:
    mask = lungs()[4:5]
    marked, volumes = apply(mask, body(1))
    assert not marked.any()
    assert volumes == RuleVolumes(airless=pytest.approx(mask.sum() * 0.02))
