"""Slices lie where their positions and orientations say, on one regular grid or on none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import AXIAL, ROOT, chest, codes, save, save_all, series
from read_files import error_code

import pleura


def test_slices_are_ordered_by_position_whatever_names_and_instance_numbers_say(tmp_path: Path) -> None:
    hu = chest()
    slices = series(hu)
    shuffled = np.random.default_rng(1).permutation(len(slices))
    for k, dataset in enumerate(slices):
        dataset.InstanceNumber = int(shuffled[k]) + 1
    names = {k: f"slice{(k * 7) % 24:02d}" for k in range(len(slices))}
    np.testing.assert_array_equal(pleura.read(save_all(slices, tmp_path, names=names)).voxels, hu)


def test_the_affine_follows_any_orientation_of_rows_and_columns(tmp_path: Path) -> None:
    hu = chest((9, 40, 48))
    orientation = (-1, 0, 0, 0, -1, 0)
    slices = series(hu, orientation=orientation, spacing=(3.0, 2.0), step=(0, 0, -4), start=(10, 20, 30))
    volume = pleura.read(save_all(slices, tmp_path))
    k, j, i = 2, 5, 7
    here = volume.affine @ (k, j, i, 1)
    source = round((30 - here[2]) / 4)  # the file that lies at this height
    np.testing.assert_allclose(here[:2], (10 - 2 * i, 20 - 3 * j), atol=1e-6)
    assert volume.voxels[k, j, i] == hu[source, j, i]


def test_oblique_slices_keep_their_directions(tmp_path: Path) -> None:
    angle = np.radians(20)
    orientation = (np.cos(angle), np.sin(angle), 0, -np.sin(angle), np.cos(angle), 0)
    volume = pleura.read(save_all(series(chest(), orientation=orientation), tmp_path))
    np.testing.assert_allclose(volume.affine[:3, 2], 5 * np.array(orientation[:3]), atol=1e-6)
    np.testing.assert_allclose(volume.affine[:3, 1], 5 * np.array(orientation[3:]), atol=1e-6)
    assert codes(volume) == set()


def test_a_tilted_gantry_keeps_the_sheared_grid_and_says_so(tmp_path: Path) -> None:
    angle = np.radians(15)
    orientation = (1, 0, 0, 0, np.cos(angle), -np.sin(angle))
    volume = pleura.read(save_all(series(chest(), orientation=orientation), tmp_path))
    np.testing.assert_allclose(volume.affine[:3, 0], (0, 0, 5), atol=1e-6)  # the table moves along z, not the normal
    assert np.linalg.det(volume.affine[:3, :3]) == pytest.approx(-125 * np.cos(angle), abs=1e-4)
    (note,) = volume.notes
    assert note.code == "gantry-tilt"
    assert note.message.startswith("the axes are 15.0 degrees")


def test_too_many_missing_slices_are_refused(tmp_path: Path) -> None:
    slices = series(chest((20, 64, 64)))
    assert error_code(save_all(slices[:10] + slices[16:], tmp_path)) == "missing-slices"


def test_small_irregularities_are_noted_with_their_size(tmp_path: Path) -> None:
    hu = chest()
    slices = series(hu)
    slices[11].ImagePositionPatient = [-160, -160, -300 + 11 * 5 + 0.4]
    volume = pleura.read(save_all(slices, tmp_path))
    np.testing.assert_array_equal(volume.voxels, hu)
    (note,) = volume.notes
    assert note.code == "irregular-spacing"
    assert "0.40 mm" in note.message


def test_positions_rounded_in_the_header_are_not_called_irregular(tmp_path: Path) -> None:
    slices = series(chest())
    for k, dataset in enumerate(slices):
        dataset.ImagePositionPatient = [-160, -160, f"{-300 + 1.25 * k:.2f}"]
    assert codes(pleura.read(save_all(slices, tmp_path))) == {"short-coverage"}


def test_a_spacing_that_changes_within_the_series_is_refused(tmp_path: Path) -> None:
    slices = series(chest())
    for k, dataset in enumerate(slices):
        dataset.ImagePositionPatient = [-160, -160, 5 * k if k < 12 else 60 + 8 * (k - 12)]
    assert error_code(save_all(slices, tmp_path)) == "irregular-spacing"


def test_slices_shifted_sideways_are_refused(tmp_path: Path) -> None:
    slices = series(chest())
    for dataset in slices[12:]:
        dataset.ImagePositionPatient = [-150, -160, dataset.ImagePositionPatient[2]]
    assert error_code(save_all(slices, tmp_path)) == "shifted-slices"


def test_slices_without_positions_are_refused_but_a_single_one_is_read(tmp_path: Path) -> None:
    slices = series(chest(), ImagePositionPatient=None, ImageOrientationPatient=None)
    for k, dataset in enumerate(slices):
        dataset.SOPInstanceUID = f"{ROOT}.8.{k}"
    assert error_code(save_all(slices, tmp_path / "many")) == "no-positions"
    assert "orientation-unknown" in codes(pleura.read(save(slices[0], tmp_path / "one.dcm")))


def test_unknown_pixel_spacing_is_said(tmp_path: Path) -> None:
    volume = pleura.read(save_all(series(chest(), PixelSpacing=None), tmp_path))
    assert not volume.spacing_known
    assert codes(volume) == {"spacing-unknown"}


def test_orientation_of_the_test_slices_is_what_the_tests_take_it_for() -> None:
    assert np.cross(AXIAL[:3], AXIAL[3:]).tolist() == [0, 0, 1]
