"""A volume knows the DICOM images it was read from, and names them and their patient nowhere else."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pydicom
import pytest
from dicom_files import chest, enhanced, radiograph, save, save_all, series
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, RLELossless

from pleura.reading import read
from pleura.segmentation import Segmentation
from pleura.volume import Volume
from pleura.writing import sidecar_path


def kept_header(volume: Volume) -> pydicom.Dataset:
    return pydicom.dcmread(BytesIO(volume.source.header), stop_before_pixels=True)


def test_each_slice_knows_its_image_and_an_interpolated_one_has_none(tmp_path: Path) -> None:
    slices = series(chest())
    lacking = [one for k, one in enumerate(slices) if k != 7]
    source = read(save_all(lacking[::-1], tmp_path)).source
    expected = [None if k == 7 else one.SOPInstanceUID for k, one in enumerate(slices)]
    assert [one and one.instance_uid for one in source.slices] == expected
    assert {one.class_uid for one in source.slices if one} == {"1.2.840.10008.5.1.4.1.1.2"}
    assert source.slices[3].position == (-160.0, -160.0, -285.0)
    assert source.slices[3].frame is None


def test_slices_of_one_object_know_their_frame_numbers(tmp_path: Path) -> None:
    order = [3, 0, 2, 1, *range(4, 24)]
    volume = read(save(enhanced(chest(), order), tmp_path / "a.dcm"))
    assert [one.frame for one in volume.source.slices[:5]] == [2, 4, 3, 1, 5]
    assert kept_header(volume).NumberOfFrames == 24


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, RLELossless])
def test_header_is_kept_whatever_the_transfer_syntax(tmp_path: Path, syntax: str) -> None:
    volume = read(save_all(series(chest()), tmp_path, syntax=syntax))
    assert kept_header(volume).PatientID == "SECRET-7"
    assert "PixelData" not in kept_header(volume)


def test_header_outlives_the_archive_that_it_came_from(tmp_path: Path) -> None:
    folder = save_all(series(chest()), tmp_path / "series")
    with ZipFile(tmp_path / "series.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
    assert kept_header(read(tmp_path / "series.zip")).PatientID == "SECRET-7"


def test_radiograph_knows_its_image(tmp_path: Path) -> None:
    (one,) = read(save(radiograph(), tmp_path / "a.dcm")).source.slices
    assert one.class_uid == "1.2.840.10008.5.1.4.1.1.1"
    assert (one.frame, one.position) == (None, None)


def test_what_is_not_dicom_has_no_source(tmp_path: Path) -> None:
    volume = read(save_all(series(chest()), tmp_path / "series"))
    mask = Segmentation(np.zeros(volume.shape, np.uint8), volume).write(tmp_path / "mask.nrrd")
    assert b"SECRET" not in mask.read_bytes() + sidecar_path(mask).read_bytes()
    assert "SECRET" not in repr(volume) + repr(volume.source)
    assert Volume(volume.voxels, volume.affine).source is None
