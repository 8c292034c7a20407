"""Each warning of a CT comes when it is due: for what was marked, for its size, and for where the scan ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_ct import AIR, RIGHT_LUNG, SOFT, SPACING, chest, lungs, scan_of

import pleura
from pleura.inference.anatomy_rules import RuleVolumes
from pleura.inference.ct_warnings import ct_warnings, cut_sides
from pleura.inference.grid import FieldOfView
from pleura.inference.postprocess import Cleaned
from pleura.labels import LEFT, RIGHT

WHOLE = (slice(None), slice(0, 64), slice(0, 64))


def labelled(mask: np.ndarray) -> Cleaned:
    """Return a mask as lungs, the left one from column 32 on."""
    labels = mask.astype(np.uint8) * RIGHT
    labels[:, :, 32:][mask[:, :, 32:]] = LEFT
    return Cleaned(labels, labels, WHOLE)


def codes(hu: np.ndarray, mask: np.ndarray | None = None, taken: RuleVolumes | None = None, **changes: object) -> list:
    mask = lungs(len(hu)) if mask is None else mask
    return [note.code for note in ct_warnings(labelled(mask), scan_of(hu, **changes), taken or RuleVolumes())]


def filled(hu_inside: float, part: slice = slice(16, 48)) -> np.ndarray:
    """Return the chest with some rows of the right lung at another CT number."""
    hu = chest()
    hu[2:10, part, RIGHT_LUNG[1]] = hu_inside
    return hu


def test_sound_lungs_give_no_warning() -> None:
    assert codes(chest()) == []


def test_empty_mask_gives_none_here() -> None:
    assert codes(chest(), np.zeros((12, 64, 64), np.bool_)) == []


@pytest.mark.parametrize(("rows", "expected"), [(4, ["solid-tissue"]), (2, [])])
def test_tenth_of_a_lung_that_is_solid_is_named(rows: int, expected: list[str]) -> None:
    assert codes(filled(SOFT, slice(16, 16 + rows))) == expected  # 4 of 32 rows are 0.125, 2 are 0.0625


def test_third_of_one_slice_that_is_solid_is_named() -> None:
    hu = chest()
    hu[5, 16:26, RIGHT_LUNG[1]] = SOFT  # 10 of 32 rows in one of 8 slices of 23 cm2
    assert codes(hu) == ["solid-tissue"]


def test_small_slice_may_be_solid() -> None:
    hu, mask = chest(), lungs()
    mask[10, 16:24, 10:18] = True  # 64 pixels of 0.04 cm2, less than 8 cm2
    assert codes(hu, mask) == []


def test_single_slice_is_named_from_a_third_on() -> None:
    one = filled(SOFT, slice(16, 22))[4:5]  # 6 of 32 rows
    assert codes(one, lungs()[4:5]) == []
    assert codes(filled(SOFT, slice(16, 27))[4:5], lungs()[4:5]) == ["solid-tissue"]  # 11 of 32


def test_fluid_that_was_taken_out_and_solid_tissue_that_stands_on_the_diaphragm_are_named() -> None:
    assert codes(chest(), taken=RuleVolumes(enclosed=31.0)) == ["solid-tissue"]
    assert codes(chest(), taken=RuleVolumes(standing=31.0)) == ["solid-tissue"]  # a mass on the diaphragm looks alike
    assert codes(chest(), taken=RuleVolumes(enclosed=29.0, domes=29.0, airless=100.0)) == []


def test_mask_of_soft_tissue_is_no_chest() -> None:
    hu = np.full((12, 64, 64), SOFT, np.float64)
    assert codes(hu)[0] == "not-a-chest"


def test_more_taken_out_than_left_is_no_chest() -> None:
    # two lungs of 8 x 32 x 18 voxels of 0.02 mL: 184 mL
    assert codes(chest(), taken=RuleVolumes(airless=100.0, outside_skin=85.0)) == ["not-a-chest"]
    assert codes(chest(), taken=RuleVolumes(airless=100.0, outside_skin=80.0)) == []


@pytest.mark.parametrize("factor", [0.2, 5.0, 1000.0])
def test_lungs_of_a_size_that_no_person_has_are_no_chest(factor: float) -> None:
    # columns 10 to 53 of 2 mm are 88 mm: as a newborn's; a fifth of it is a rat's
    spacing = tuple(step * factor for step in SPACING)
    assert codes(chest(), spacing=spacing) == ["not-a-chest"]


def test_size_is_not_judged_where_the_spacing_is_a_guess() -> None:
    assert codes(chest(), spacing=(1.0, 0.2, 0.2), spacing_known=False) == []


def tall_lungs() -> np.ndarray:
    mask = np.zeros((30, 64, 64), np.bool_)
    mask[2:28, 16:48, 10:28] = mask[2:28, 16:48, 36:54] = True
    return mask


@pytest.mark.parametrize(("rows", "expected"), [(18, ["air-without-vessels"]), (12, [])])
def test_100_ml_of_air_without_vessels_are_named(rows: int, expected: list[str]) -> None:
    # a block of 6 x 6 pixels holds 0.72 mL; 2 blocks along columns and 26 slices make 37.4 mL for 6 rows
    hu = np.where(tall_lungs(), -850.0, SOFT)
    hu[2:28, 18 : 18 + rows, 12:24] = AIR
    assert codes(hu, tall_lungs()) == expected


def test_free_air_that_was_taken_out_is_named_too() -> None:
    assert codes(chest(), spacing=(10.0, 4.0, 4.0), taken=RuleVolumes(free_air=300.0)) == ["air-without-vessels"]


def test_noise_neither_hides_the_air_nor_makes_it() -> None:
    noise = np.random.default_rng(0).normal(0, 60, (30, 64, 64))
    assert codes(np.where(tall_lungs(), AIR, SOFT) + noise, tall_lungs()) == ["air-without-vessels"]
    assert codes(np.where(tall_lungs(), -930, SOFT) + noise, tall_lungs()) == []  # emphysema


def cut_at(column: int, mask: np.ndarray) -> list[str]:
    """Return the sides where lungs are cut if the slices begin at a column of the grid."""
    hu = chest()
    hu[:, :, :column] = -1024
    mask = mask.copy()
    mask[:, :, :column] = False
    return cut_sides(labelled(mask), scan_of(hu, fov=FieldOfView(0, -column, 64, 64), slice_shape=(64, 64 - column)))


def test_whole_lungs_are_cut_nowhere() -> None:
    assert cut_at(0, lungs()) == []


def test_lung_that_the_side_of_the_slices_cuts_is_named() -> None:
    assert cut_at(16, lungs()) == ["right"]


def test_every_side_has_its_name() -> None:
    mask = np.zeros((12, 64, 64), np.bool_)
    mask[2:10] = True
    assert cut_sides(labelled(mask), scan_of(chest())) == ["right", "left", "front", "back"]


def test_lung_that_the_circle_of_reconstruction_cuts_is_named() -> None:
    rows, columns = np.indices((64, 64))
    circle = np.hypot(rows - 31.5, columns - 31.5) > 20
    hu = chest()
    hu[:, circle] = -2000
    assert set(cut_sides(labelled(lungs() & ~circle), scan_of(hu))) == {"right", "left", "front", "back"}


@pytest.mark.parametrize(("rows", "cut"), [(8, []), (10, ["right"])])
def test_touch_of_less_than_two_square_centimetres_is_none(rows: int, cut: list[str]) -> None:
    mask = np.zeros((12, 64, 64), np.bool_)
    mask[2:4, 20 : 20 + rows, 0:10] = True  # 2 slices of 5 mm x rows of 2 mm
    assert cut_sides(labelled(mask), scan_of(chest())) == cut


def test_box_of_the_lungs_may_begin_at_any_row_and_column() -> None:
    mask = np.zeros((12, 64, 64), np.bool_)
    mask[2:10, 15:49, 0:29] = True
    box = (slice(2, 10), slice(15, 49), slice(0, 29))
    cleaned = Cleaned(mask[box].astype(np.uint8), mask[box].astype(np.uint8), box)
    assert cut_sides(cleaned, scan_of(chest())) == ["right"]


def found(path: Path) -> dict[str, str]:
    return {note.code: note.message for note in pleura.segment(path).warnings}


def test_field_of_view_that_cuts_both_lungs_is_named(shared: Path) -> None:
    warnings = found(shared / "cases/reports/fov-cuts-sides/scan.nii.gz")
    assert list(warnings) == ["cut-off"]
    assert "the right and the left edge of the field of view" in warnings["cut-off"]


def test_effusion_is_warned_of_and_not_taken_for_lung(shared: Path) -> None:
    result = pleura.segment(shared / "data/ct/volumes_unlabelled2/images/lidc_0314.nii.gz")
    assert [note.code for note in result.warnings] == ["solid-tissue"]
    solid = (result.labels > 0) & (result.volume.voxels > -150)
    assert np.count_nonzero(solid) * 1.5625**2 * 3 / 1000 < 135  # mL, vessels, a collapsed lobe; 243 without rules


def test_pneumonia_that_makes_a_tenth_of_a_lung_solid_is_named_and_nothing_else(shared: Path) -> None:
    path = shared / "data/ct/volumes_unlabelled/images/ricord_419639_001012.nii.gz"
    assert list(found(path)) == ["solid-tissue"]


def test_whole_lungs_with_a_tumour_give_no_warning(shared: Path) -> None:
    assert not found(shared / "data/ct/volumes_unlabelled/images/rider_1129164940.nii.gz")


@pytest.mark.parametrize(("rows", "warned"), [(slice(20, 26), True), (slice(20, 40), False)])
def test_part_of_a_pocket_of_air_in_a_single_slice_is_warned_of_and_a_whole_one_is_not(
    rows: slice, warned: bool
) -> None:
    hu, mask = chest()[5:6], lungs()[5:6]
    hu[:, 20:40, 30:34] = AIR
    mask[:, rows, 30:34] = True
    assert ("part-in-air" in codes(hu, mask)) == warned


def test_air_between_arm_and_chest_in_a_real_slice_is_not_marked(shared: Path) -> None:
    result = pleura.segment(shared / "data/ct/hard_unlabelled2/images/sbu_a046441_19010101_23.tif")
    assert not result.labels[..., :80, 90:280].any()
    assert "part-in-air" not in {warning.code for warning in result.warnings}
