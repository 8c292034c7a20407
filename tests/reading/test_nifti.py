"""NIfTI: every orientation, form and trap, against hand-made files and nibabel."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from dicom_files import chest
from hypothesis import given
from hypothesis import strategies as st
from nifti_files import HU, RAS, save
from orientations import ORIENTATIONS
from read_files import edited, error_code

import pleura
from pleura.geometry import swap_lps_ras, to_axial
from pleura.volume import Kind


def permuted(order: tuple[int, int, int]) -> tuple[int, ...]:
    """Return the patient axis (x, y, z) of each axis of an array that was (z, y, x) before `order`."""
    return tuple(2 - axis for axis in order)


@pytest.mark.parametrize(("order", "signs"), ORIENTATIONS)
def test_all_48_orientations_put_each_voxel_where_the_affine_says(
    tmp_path: Path, order: tuple[int, int, int], signs: tuple[int, int, int]
) -> None:
    data = chest((40, 36, 48)).transpose(order)
    affine = np.eye(4)
    for axis, (row, sign) in enumerate(zip(permuted(order), signs, strict=True)):
        affine[row, axis] = sign * (2.0 + row)
        affine[row, 3] = 10.0 * row
    volume = pleura.read(save(data, tmp_path / "scan.nii", affine))
    i, j, k = 3, 7, 11
    ras = affine @ (i, j, k, 1)
    np.testing.assert_allclose(volume.affine @ (k, j, i, 1), ras * (-1, -1, 1, 1), atol=1e-5)
    assert volume.voxels[k, j, i] == data[i, j, k]
    assert volume.voxels.flags.c_contiguous
    np.testing.assert_array_equal(volume.voxels, data.transpose(2, 1, 0))


def test_a_patient_is_the_same_in_every_orientation_once_turned_axial(tmp_path: Path) -> None:
    data = chest((40, 36, 48)).transpose(2, 1, 0)  # (x, y, z), both growing to left and back: LPS
    first = pleura.read(save(data, tmp_path / "a.nii", np.diag([-2.0, -2.0, 2.0, 1.0])))
    other = pleura.read(save(data[::-1, :, ::-1], tmp_path / "b.nii", np.diag([2.0, -2.0, -2.0, 1.0])))
    np.testing.assert_array_equal(to_axial(first.voxels, first.affine), to_axial(other.voxels, other.affine))
    np.testing.assert_array_equal(to_axial(first.voxels, first.affine), data.transpose(2, 1, 0))


@given(st.lists(st.floats(-500, 500), min_size=12, max_size=12))
def test_turning_to_lps_and_back_is_the_identity(numbers: list[float]) -> None:
    affine = np.vstack([np.reshape(numbers, (3, 4)), [0, 0, 0, 1]])
    np.testing.assert_array_equal(swap_lps_ras(swap_lps_ras(affine)), affine)


@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image, nib.Nifti1Pair, nib.Nifti2Pair])
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_every_form_of_file_holds_the_same_scan(tmp_path: Path, kind: type, packed: str) -> None:
    hu = chest()
    suffix = ".img" if "Pair" in kind.__name__ else ".nii"
    path = save(hu.transpose(2, 1, 0), tmp_path / f"scan{suffix}{packed}", form=kind)
    volume = pleura.read(path)
    np.testing.assert_array_equal(volume.voxels, hu)
    assert volume.spacing == pytest.approx((5, 5, 5))
    if suffix == ".img":
        np.testing.assert_array_equal(pleura.read(tmp_path / f"scan.hdr{packed}").voxels, hu)


def test_big_endian_and_floats_with_slope_become_int16_hu(tmp_path: Path) -> None:
    hu = chest()
    header = nib.Nifti1Header(endianness=">")
    header.set_data_dtype(">i2")
    image = nib.Nifti1Image(hu.transpose(2, 1, 0).astype(">i2"), RAS, header)
    nib.save(image, tmp_path / "big.nii.gz")
    volume = pleura.read(tmp_path / "big.nii.gz")
    np.testing.assert_array_equal(volume.voxels, hu)
    assert volume.voxels.dtype == np.dtype("int16")

    sloped = nib.Nifti1Image((hu.transpose(2, 1, 0) + 1100).astype(np.uint16), RAS)
    sloped.header.set_slope_inter(1.0, -1100.0)
    nib.save(sloped, tmp_path / "slope.nii")
    raw = bytearray((tmp_path / "slope.nii").read_bytes())
    raw[112:120] = np.array([1.0, -1100.0], "<f4").tobytes()  # nibabel scales while it writes; set what a scanner would
    raw[352:] = (hu + 1100).astype("<u2").tobytes()
    (tmp_path / "slope.nii").write_bytes(raw)
    np.testing.assert_array_equal(pleura.read(tmp_path / "slope.nii").voxels, hu)


def test_a_float_volume_of_hu_is_rounded_to_int16(tmp_path: Path) -> None:
    hu = chest()
    volume = pleura.read(save(hu.transpose(2, 1, 0).astype(np.float64) + 0.3, tmp_path / "scan.nii"))
    np.testing.assert_array_equal(volume.voxels, hu)
    assert volume.kind is Kind.HU


def test_empty_axes_at_the_end_are_dropped_and_real_ones_refused(tmp_path: Path) -> None:
    hu = chest().transpose(2, 1, 0)
    assert pleura.read(save(hu[..., None, None], tmp_path / "five.nii")).shape == (24, 64, 64)
    assert error_code(save(np.stack([hu, hu], axis=-1), tmp_path / "four.nii")) == "not-3d"


def test_a_two_dimensional_file_is_a_picture(tmp_path: Path) -> None:
    hu = chest()[3]
    volume = pleura.read(save(hu.T, tmp_path / "flat.nii"))
    assert volume.is_picture
    save((hu.T + 3000).astype(np.uint16) * 7, tmp_path / "deep.nii")
    assert pleura.read(tmp_path / "deep.nii").kind is Kind.WINDOWED
    np.testing.assert_array_equal(volume.voxels[0], hu)


def test_metres_and_micrometres_become_millimetres(tmp_path: Path) -> None:
    image = nib.Nifti1Image(chest().transpose(2, 1, 0), np.diag([-5000.0, -5000.0, 5000.0, 1.0]))
    image.header.set_xyzt_units("micron")
    nib.save(image, tmp_path / "micron.nii")
    assert pleura.read(tmp_path / "micron.nii").spacing == pytest.approx((5, 5, 5))


def test_a_sheared_grid_is_kept_and_noted(tmp_path: Path) -> None:
    affine = RAS.copy()
    affine[1, 2] = 5 * np.tan(np.radians(10))
    volume = pleura.read(save(chest().transpose(2, 1, 0), tmp_path / "tilt.nii", affine))
    assert volume.affine[1, 0] == pytest.approx(-affine[1, 2], abs=1e-5)
    assert "gantry-tilt" in {note.code for note in volume.notes}


@pytest.mark.parametrize("name", ["short.nii", "short.nii.gz", "cut.nii.gz"])
def test_files_cut_short_are_refused(tmp_path: Path, name: str) -> None:
    whole = save(chest().transpose(2, 1, 0), tmp_path / "whole.nii").read_bytes()
    cut = {
        "short.nii": whole[:-9],
        "short.nii.gz": gzip.compress(whole[:-9]),
        "cut.nii.gz": gzip.compress(whole)[:-900],
    }
    (tmp_path / name).write_bytes(cut[name])
    assert error_code(tmp_path / name) == "truncated"


def test_a_header_that_promises_a_giant_is_refused_without_taking_memory(tmp_path: Path) -> None:
    raw = bytearray(save(chest().transpose(2, 1, 0), tmp_path / "giant.nii").read_bytes())
    raw[40:48] = np.array([3, 32767, 32767, 32767], "<i2").tobytes()
    (tmp_path / "giant.nii").write_bytes(raw)
    assert error_code(tmp_path / "giant.nii") == "too-large"


def test_few_holes_are_filled_and_many_refused(tmp_path: Path) -> None:
    data = chest().transpose(2, 1, 0).astype(np.float32)
    data[0, 0, :5] = np.nan
    volume = pleura.read(save(data, tmp_path / "few.nii"))
    assert "not-finite" in {note.code for note in volume.notes}
    assert volume.voxels[:5, 0, 0].max() < -990
    data[20:40, 20:40] = np.inf
    assert error_code(save(data, tmp_path / "many.nii")) == "not-finite"


def test_complex_and_colour_voxels_are_refused(tmp_path: Path) -> None:
    assert error_code(save(np.ones((40, 40, 40), np.complex64), tmp_path / "complex.nii")) == "not-hu"
    colour = np.zeros((40, 40, 40), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    assert error_code(save(colour, tmp_path / "rgb.nii")) == "colour"


@pytest.mark.parametrize("offset", [0.0, 16.0, 351.0, -1.0, float("nan"), 400.0])
def test_voxels_are_found_where_the_offset_is_wrong(tmp_path: Path, offset: float) -> None:
    path = edited(save(HU, tmp_path / "scan.nii"), 108, np.float32(offset).tobytes())
    packed = tmp_path / "packed.nii.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for each in (path, packed):
        volume = pleura.read(each)
        np.testing.assert_array_equal(volume.voxels, HU.transpose(2, 1, 0))
        assert "voxel-offset" in {note.code for note in volume.notes}


def test_voxels_that_follow_the_header_at_once_are_read_from_there(tmp_path: Path) -> None:
    whole = save(HU, tmp_path / "scan.nii").read_bytes()
    (tmp_path / "scan.nii").write_bytes(whole[:348] + whole[352:])
    np.testing.assert_array_equal(pleura.read(tmp_path / "scan.nii").voxels, HU.transpose(2, 1, 0))


def test_an_extension_is_skipped_as_the_offset_says(tmp_path: Path) -> None:
    image = nib.Nifti1Image(HU, RAS)
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"made by hand"))
    nib.save(image, tmp_path / "scan.nii.gz")
    volume = pleura.read(tmp_path / "scan.nii.gz")
    np.testing.assert_array_equal(volume.voxels, HU.transpose(2, 1, 0))
    assert "voxel-offset" not in {note.code for note in volume.notes}
