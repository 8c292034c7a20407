"""Images that nibabel or SimpleITK holds in memory: as if pleura had read their files itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK
from dicom_files import chest
from orientations import ORIENTATIONS

import pleura
from pleura.errors import UnsuitableInput
from pleura.phantom import chest as drawn_chest
from pleura.reading.images import from_image, is_image
from pleura.volume import Kind, Volume

OBLIQUE = nib.eulerangles.euler2mat(0.1, -0.2, 0.3)


def turned(order: tuple[int, int, int], signs: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return (x, y, z) voxels whose axes run in a given order and direction, a little oblique, and their RAS affine."""
    affine = np.eye(4)
    affine[:3, :3] = OBLIQUE @ np.eye(3)[:, list(order)] * (np.array(signs) * (2.0, 3.0, 4.0))
    affine[:3, 3] = (10.0, -20.0, 30.0)
    return chest((40, 36, 48)).transpose(order), affine


def assert_same(found: Volume, read: Volume) -> None:
    np.testing.assert_array_equal(found.voxels, read.voxels)
    np.testing.assert_allclose(found.affine, read.affine, atol=1e-4)
    assert (found.kind, found.is_picture, found.spacing_known) == (read.kind, read.is_picture, read.spacing_known)
    assert [note.code for note in found.notes] == [note.code for note in read.notes]
    assert found.identity.sha256 == read.identity.sha256


@pytest.mark.parametrize(("order", "signs"), ORIENTATIONS)
def test_all_48_orientations_lie_where_their_file_does(
    order: tuple[int, int, int], signs: tuple[int, int, int], tmp_path: Path
) -> None:
    voxels, affine = turned(order, signs)
    image = nib.Nifti1Image(voxels, affine)
    nib.save(image, tmp_path / "scan.nii")
    read = pleura.read(tmp_path / "scan.nii")
    assert_same(from_image(image), read)
    assert_same(from_image(nib.load(tmp_path / "scan.nii")), read)
    assert_same(from_image(SimpleITK.ReadImage(tmp_path / "scan.nii")), read)


def test_an_image_of_itk_is_its_metaimage(tmp_path: Path) -> None:
    image = SimpleITK.GetImageFromArray(chest((40, 36, 48)))
    image.SetSpacing((1.5, 2.5, 3.5))
    image.SetOrigin((7, 8, 9))
    image.SetDirection((0, 1, 0, 0, 0, -1, -1, 0, 0))
    SimpleITK.WriteImage(image, tmp_path / "scan.mha")
    assert_same(from_image(image), pleura.read(tmp_path / "scan.mha"))


def test_metres_are_noticed_as_in_a_file(tmp_path: Path) -> None:
    image = SimpleITK.GetImageFromArray(chest((40, 64, 64)))
    image.SetSpacing((0.005, 0.005, 0.007))
    SimpleITK.WriteImage(image, tmp_path / "scan.mha")
    assert from_image(image).spacing == pytest.approx((7, 5, 5))
    assert_same(from_image(image), pleura.read(tmp_path / "scan.mha"))


def test_other_formats_of_nibabel_are_images_too() -> None:
    voxels, affine = turned((2, 1, 0), (-1, -1, 1))
    expected = from_image(nib.Nifti1Image(voxels, affine))
    for form in (nib.Nifti2Image, nib.MGHImage, nib.Spm99AnalyzeImage):
        np.testing.assert_array_equal(from_image(form(voxels.astype(np.int16), affine)).voxels, expected.voxels)
        np.testing.assert_allclose(from_image(form(voxels.astype(np.int16), affine)).affine, expected.affine, atol=1e-4)


def test_a_slope_and_micrometres_are_those_of_the_file(tmp_path: Path) -> None:
    image = nib.Nifti1Image(chest((40, 36, 48)) + 1024, np.diag([-2000.0, -2000.0, 4000.0, 1.0]))
    image.header.set_xyzt_units("micron")
    image.header.set_slope_inter(1.0, -1024.0)
    nib.save(image, tmp_path / "scan.nii.gz")
    read = pleura.read(tmp_path / "scan.nii.gz")
    assert read.spacing == pytest.approx((4, 2, 2))
    assert_same(from_image(nib.load(tmp_path / "scan.nii.gz")), read)


def test_an_orientation_that_nobody_set_is_noted() -> None:
    image = nib.Nifti1Image(chest((40, 36, 48)).transpose(), None)
    assert "orientation-unknown" in {note.code for note in from_image(image).notes}


def test_a_fourth_axis_of_one_is_left_out_and_a_longer_one_is_refused() -> None:
    voxels, affine = turned((2, 1, 0), (-1, -1, 1))
    assert from_image(nib.Nifti1Image(voxels[..., None], affine)).shape == voxels.shape[::-1]
    with pytest.raises(UnsuitableInput):
        from_image(nib.Nifti1Image(np.stack([voxels, voxels], axis=-1), affine))


def test_the_image_is_left_as_it_is() -> None:
    voxels = chest((40, 36, 48)).transpose()
    voxels[:, 0] = -3000  # padding that pleura sets to air
    image = nib.Nifti1Image(voxels, np.diag([-2.0, -2.0, 2.0, 1.0]))
    seen = SimpleITK.GetImageFromArray(voxels.transpose())
    from_image(image), from_image(seen)
    assert np.asanyarray(image.dataobj).min() == -3000
    assert SimpleITK.GetArrayViewFromImage(seen).min() == -3000


def test_a_picture_of_itk_without_millimetres_has_no_spacing() -> None:
    grey = np.clip((chest((1, 64, 64))[0] + 1150.0) / 5.5, 0, 255).astype(np.uint8)
    image = SimpleITK.GetImageFromArray(grey)
    volume = from_image(image)
    assert (volume.is_picture, volume.spacing_known, volume.kind) == (True, False, Kind.WINDOWED)
    image.SetSpacing((0.5, 0.7))
    assert from_image(image).spacing[1:] == pytest.approx((0.7, 0.5))


def test_colour_is_refused() -> None:
    with pytest.raises(UnsuitableInput, match="colour"):
        from_image(SimpleITK.GetImageFromArray(np.zeros((40, 40, 3), np.uint8), isVector=True))


def test_nothing_else_of_these_packages_is_an_image() -> None:
    assert not is_image(np.zeros(3))
    assert not is_image("scan.nii.gz")
    with pytest.raises(UnsuitableInput, match="not an image of voxels"):
        from_image(nib.gifti.GiftiImage())  # type: ignore[arg-type]


@pytest.mark.slow
def test_images_are_segmented_as_their_voxels_are() -> None:
    phantom = drawn_chest(shape=(32, 96, 96), spacing=(10.0, 4.0, 4.0))
    affine = np.diag([-1, -1, 1, 1]) @ phantom.volume.affine[:, [2, 1, 0, 3]]
    image = nib.Nifti1Image(phantom.volume.voxels.transpose(), affine)
    found = pleura.segment(image)
    np.testing.assert_array_equal(found.labels, pleura.segment(phantom.volume).labels)
    assert found.provenance["input"]["format"] == "nibabel"
    with pytest.raises(UnsuitableInput, match="states its own"):
        pleura.segment(image, spacing=(1, 1, 1))


def test_telling_an_image_imports_neither_package() -> None:
    program = (
        "import sys; from pleura.reading.images import is_image; is_image(3);"
        "print(sorted({'nibabel', 'SimpleITK'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
