"""NRRD and MetaImage are written without a library; SimpleITK and pynrrd read them back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nrrd
import numpy as np
import pytest
import SimpleITK
from test_volume import ORIENTATIONS, affine_of

from pleura.geometry import affine_from_spacing
from pleura.volume import Identity
from pleura.writing import write


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_simpleitk_finds_each_voxel_where_the_scan_has_it(
    axes, signs, suffix, segmented, labels, tmp_path: Path
) -> None:
    affine = affine_of(axes, signs)
    image = SimpleITK.ReadImage(write(segmented(affine), tmp_path / f"lungs{suffix}"))
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(image), labels)
    assert image.GetPixelID() == SimpleITK.sitkUInt8
    for index in np.ndindex(labels.shape):
        place = image.TransformIndexToPhysicalPoint([int(n) for n in index[::-1]])
        np.testing.assert_allclose(place, (affine @ (*index, 1))[:3], atol=1e-9)


def test_pynrrd_reads_the_same_labels_and_directions(segmented, labels, tmp_path: Path) -> None:
    affine = affine_of((2, 1, 0), (1, -1, 1))
    data, header = nrrd.read(str(write(segmented(affine), tmp_path / "lungs.nrrd")), index_order="C")
    np.testing.assert_array_equal(data, labels)
    assert header["space"] == "left-posterior-superior"
    np.testing.assert_array_equal(header["space directions"], affine[:3, [2, 1, 0]].T)
    np.testing.assert_array_equal(header["space origin"], affine[:3, 3])


def test_metaimage_names_where_its_axes_come_from(plain, tmp_path: Path) -> None:
    # MetaIO counts from the opposite side: an axis running to the left comes from the right
    text = write(plain, tmp_path / "lungs.mha").read_bytes()
    assert b"AnatomicalOrientation = RAI\n" in text
    assert b"ElementSpacing = 1 2 5\n" in text


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
@pytest.mark.parametrize(("form", "size"), [("metaimage", (6, 4)), ("raster", (6, 4)), ("dicom", (6, 4, 1))])
def test_picture_has_the_axes_that_itk_finds_in_its_source(picture, form, size, suffix, tmp_path: Path) -> None:
    affine = affine_from_spacing((1.0, 0.7, 0.5))
    affine[:2, 3] = -10.0, 20.0
    volume = replace(picture.volume, affine=affine, identity=Identity(format=form))
    image = SimpleITK.ReadImage(write(replace(picture, volume=volume), tmp_path / f"lungs{suffix}"))
    assert image.GetSize() == size
    assert image.GetSpacing()[:2] == (0.5, 0.7)
    assert image.GetOrigin()[:2] == (-10.0, 20.0)
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(image).reshape(4, 6), picture.labels)
