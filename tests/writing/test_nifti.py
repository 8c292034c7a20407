"""NIfTI is written without a NIfTI library, so two of them read it back."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK
from test_volume import ORIENTATIONS, affine_of

from pleura.errors import UnwritableOutput
from pleura.segmentation import Segmentation
from pleura.volume import Identity, Volume
from pleura.writing import write

RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_nibabel_finds_each_voxel_where_the_scan_has_it(axes, signs, segmented, labels, tmp_path: Path) -> None:
    affine = affine_of(axes, signs)
    image = nibabel.load(write(segmented(affine), tmp_path / "lungs.nii"))
    # nibabel's array is (x, y, z): the axes and the affine's columns are those of the scan, the other way round
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), labels.T)
    for form in (image.get_sform(), image.get_qform()):
        np.testing.assert_allclose(form, RAS @ affine[:, [2, 1, 0, 3]], atol=1e-3)
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (1, 1)


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_simpleitk_finds_each_voxel_where_the_scan_has_it(axes, signs, segmented, labels, tmp_path: Path) -> None:
    affine = affine_of(axes, signs)
    image = SimpleITK.ReadImage(write(segmented(affine), tmp_path / "lungs.nii.gz"))
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(image), labels)
    for index in np.ndindex(labels.shape):
        place = image.TransformIndexToPhysicalPoint([int(n) for n in index[::-1]])
        np.testing.assert_allclose(place, (affine @ (*index, 1))[:3], atol=1e-3)


def test_oblique_scan_keeps_its_angles(segmented, tmp_path: Path) -> None:
    angle = np.radians(20.0)
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    affine = turn @ affine_of((2, 1, 0), (1, 1, 1))
    image = nibabel.load(write(segmented(affine), tmp_path / "lungs.nii"))
    np.testing.assert_allclose(image.get_sform(), RAS @ affine[:, [2, 1, 0, 3]], atol=1e-4)
    np.testing.assert_allclose(image.get_qform(), image.get_sform(), atol=1e-3)


def test_sheared_scan_is_described_by_the_sform_alone(segmented, tmp_path: Path) -> None:
    affine = affine_of((2, 1, 0), (1, 1, 1))
    affine[1, 0] = 1.0  # each slice lies 1 mm further back: a tilted gantry
    image = nibabel.load(write(segmented(affine), tmp_path / "lungs.nii"))
    np.testing.assert_allclose(image.affine, RAS @ affine[:, [2, 1, 0, 3]], atol=1e-4)
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (1, 0)


def test_header_says_labels_and_millimetres(plain, tmp_path: Path) -> None:
    header = nibabel.load(write(plain, tmp_path / "lungs.nii")).header
    assert header.get_data_dtype() == np.uint8
    assert header.get_intent()[0] == "label"
    assert header.get_xyzt_units() == ("mm", "unknown")
    assert header.get_zooms() == (1.0, 2.0, 5.0)
    assert b"1 right lung, 2 left lung" in header["descrip"].tobytes()


def test_picture_from_a_nifti_of_two_axes_has_two(picture, tmp_path: Path) -> None:
    volume = replace(picture.volume, identity=Identity(format="nifti"))
    image = nibabel.load(write(replace(picture, volume=volume), tmp_path / "lungs.nii"))
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), picture.labels.T)


def test_unknown_spacing_has_no_unit(picture, tmp_path: Path) -> None:
    image = nibabel.load(write(picture, tmp_path / "lungs.nii"))
    assert image.header.get_xyzt_units()[0] == "unknown"
    assert image.shape == (6, 4, 1)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj)[:, :, 0], picture.labels.T)


def test_gzip_header_holds_no_name_and_no_time(plain, tmp_path: Path) -> None:
    packed = write(plain, tmp_path / "lungs.nii.gz").read_bytes()
    flags, mtime = packed[3], packed[4:8]
    assert (flags, mtime) == (0, bytes(4))
    assert gzip.decompress(packed) == write(plain, tmp_path / "lungs.nii").read_bytes()


def test_labels_in_any_memory_order_are_written_alike(segmented, labels, tmp_path: Path) -> None:
    affine = affine_of((2, 1, 0), (1, 1, 1))
    straight = segmented(affine)
    view = Segmentation(np.asfortranarray(labels), straight.volume)
    assert write(view, tmp_path / "a.nii").read_bytes() == write(straight, tmp_path / "b.nii").read_bytes()


def test_scan_longer_than_the_format_allows_is_refused(tmp_path: Path) -> None:
    long = np.zeros((1, 1, 40000), np.int16)
    result = Segmentation(long.astype(np.uint8), Volume(long, np.eye(4)))
    with pytest.raises(UnwritableOutput, match="32767") as caught:
        write(result, tmp_path / "lungs.nii.gz")
    assert caught.value.code == "too-large"
    assert list(tmp_path.iterdir()) == []
