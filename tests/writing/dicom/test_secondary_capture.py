"""Pictures of the slices with outlines burnt in lie where the slices lie."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest, radiograph, save, save_all, series
from dicom_readers import errors_of
from pydicom import dcmread
from pydicom.pixels import apply_color_lut

from pleura.reading import read
from pleura.rendering.window import LUNG_WINDOW, to_grey
from pleura.segmentation import Segmentation
from pleura.writing.dicom.secondary_capture import write_secondary_captures
from pleura.writing.signature import is_mask_output, is_pleura_output

from .conftest import mask_of


def colours_of(file: Path) -> np.ndarray:
    """Return a picture as red, green and blue in 8 bits, as viewers show it."""
    found = dcmread(file)
    return (apply_color_lut(found.pixel_array, found) >> 8).astype(np.uint8)


@pytest.fixture
def folder(segmented: Segmentation, tmp_path: Path) -> Path:
    write_secondary_captures(segmented, tmp_path)
    return tmp_path


def test_each_slice_is_a_picture_at_its_own_place(segmented: Segmentation, folder: Path) -> None:
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == [f"{k:04d}.dcm" for k in range(1, 25)]
    for file, image in zip(files, segmented.volume.source.slices, strict=True):
        found = dcmread(file)
        assert tuple(found.ImagePositionPatient) == image.position
        assert found.SourceImageSequence[0].ReferencedSOPInstanceUID == image.instance_uid
        assert found.FrameOfReferenceUID == segmented.volume.identity.frame_of_reference_uid
        assert list(found.PixelSpacing) == [5, 5]
    assert len({dcmread(file).SOPInstanceUID for file in files}) == 24
    assert len({dcmread(file).SeriesInstanceUID for file in files}) == 1


def test_outlines_have_the_colours_of_their_lungs_and_all_else_is_the_slice(segmented, folder: Path) -> None:
    drawn, labels = colours_of(folder / "0006.dcm"), segmented.labels[5]
    right, left = (tuple(label.colour) for label in segmented.structures)
    assert tuple(drawn[10, 7]) == tuple(drawn[20, 5]) == right  # upper and left edge of the right lung
    assert tuple(drawn[14, 8]) == right  # beside its hole
    assert tuple(drawn[12, 45]) == left
    assert (labels[20, 7], labels[30, 50]) == (1, 2)
    grey = to_grey(segmented.volume.voxels[5], LUNG_WINDOW)
    for at in ((20, 7), (30, 50), (0, 0), (15, 10)):
        assert tuple(drawn[at]) == (min(grey[at], 253),) * 3


def test_pictures_are_valid_known_as_ours_and_no_masks(folder: Path) -> None:
    assert errors_of(folder / "0006.dcm") == []
    assert is_pleura_output(folder)
    assert is_pleura_output(folder / "0006.dcm")
    assert not is_mask_output(folder / "0006.dcm")


def test_slices_that_were_interpolated_are_left_out(tmp_path: Path) -> None:
    slices = series(chest())
    segmented = mask_of(read(save_all([one for k, one in enumerate(slices) if k != 7], tmp_path / "scan")))
    (tmp_path / "out").mkdir()
    write_secondary_captures(segmented, tmp_path / "out")
    assert sorted(file.stem for file in (tmp_path / "out").iterdir()) == [f"{k:04d}" for k in range(1, 25) if k != 8]


def test_picture_of_a_radiograph_has_a_direction_and_no_place(tmp_path: Path) -> None:
    volume = read(save(radiograph(PatientOrientation=["L", "F"]), tmp_path / "a.dcm"))
    (tmp_path / "out").mkdir()
    write_secondary_captures(Segmentation(np.ones((64, 64), np.uint8), volume), tmp_path / "out")
    found = dcmread(tmp_path / "out" / "0001.dcm")
    assert list(found.PatientOrientation) == ["L", "F"]
    assert "ImagePositionPatient" not in found
    assert errors_of(tmp_path / "out" / "0001.dcm") == []


def test_folder_is_the_same_each_time_and_replaced_as_a_whole(segmented: Segmentation, tmp_path: Path) -> None:
    first = segmented.write(tmp_path / "a", format="dicom-sc")
    (first / "0099.dcm").write_bytes((first / "0001.dcm").read_bytes())
    segmented.write(first, format="dicom-sc")
    second = segmented.write(tmp_path / "b", format="dicom-sc")
    assert [file.read_bytes() for file in sorted(first.iterdir())] == [f.read_bytes() for f in sorted(second.iterdir())]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "a.json", "b", "b.json"]


def test_text_in_the_pixels_of_the_scan_is_said_to_be_there(scan, segmented: Segmentation, tmp_path: Path) -> None:
    burnt = replace(scan, source=replace(scan.source, header=burnt_in(scan.source.header)))
    (tmp_path / "out").mkdir()
    write_secondary_captures(replace(segmented, volume=burnt), tmp_path / "out")
    assert dcmread(tmp_path / "out" / "0001.dcm").BurnedInAnnotation == "YES"


def burnt_in(header: bytes) -> bytes:
    """Return a header that says that its picture holds the name of the patient."""
    from io import BytesIO

    found, changed = dcmread(BytesIO(header)), BytesIO()
    found.BurnedInAnnotation = "YES"
    found.save_as(changed)
    return changed.getvalue()
