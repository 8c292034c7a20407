"""A drawn chest as DICOM is whole, anonymous, and what was drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pleura.phantom import Phantom, write_dicom

SHAPE, SPACING = (32, 96, 96), (10.0, 4.0, 4.0)


def test_series_read_by_simpleitk_is_the_phantom(phantom: Phantom, tmp_path: Path) -> None:
    import SimpleITK

    paths = write_dicom(phantom, tmp_path)
    assert len(paths) == SHAPE[0]
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path)))
    image = reader.Execute()
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(image), phantom.volume.voxels)
    np.testing.assert_allclose(image.GetSpacing(), SPACING[::-1])
    np.testing.assert_allclose(image.GetOrigin(), phantom.volume.affine[:3, 3])


def test_series_is_anonymous_and_undated(phantom: Phantom, tmp_path: Path) -> None:
    import pydicom

    dataset = pydicom.dcmread(write_dicom(phantom, tmp_path)[0])
    assert dataset.PatientIdentityRemoved == "YES"
    people_and_days = [element for element in dataset if element.VR in {"PN", "DA", "TM", "DT"}]
    assert all(not element.value for element in people_and_days)


def test_same_phantom_gives_the_same_files(phantom: Phantom, tmp_path: Path) -> None:
    first, second = write_dicom(phantom, tmp_path / "a"), write_dicom(phantom, tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert len({path.read_bytes() for path in first}) == SHAPE[0]
