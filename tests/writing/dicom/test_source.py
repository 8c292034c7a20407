"""References to the images of a scan."""

from __future__ import annotations

from pathlib import Path

from dicom_files import chest, enhanced, save

from pleura.reading import read
from pleura.volume import SourceSlice, Volume
from pleura.writing.dicom.source import image_reference, instances, referenced_series, source_header


def test_scan_is_referred_to_by_each_of_its_instances(scan: Volume) -> None:
    item = referenced_series(scan)
    assert item.SeriesInstanceUID == scan.identity.series_uid
    found = [one.ReferencedSOPInstanceUID for one in item.ReferencedInstanceSequence]
    assert found == list(scan.identity.instance_uids)


def test_object_of_many_frames_is_one_instance_whose_slices_are_its_frames(tmp_path: Path) -> None:
    volume = read(save(enhanced(chest(), range(24)), tmp_path / "a.dcm"))
    assert len(instances(volume)) == len(referenced_series(volume).ReferencedInstanceSequence) == 1
    assert image_reference(volume.source.slices[5]).ReferencedFrameNumber == 6


def test_single_image_has_no_frame_number() -> None:
    assert "ReferencedFrameNumber" not in image_reference(SourceSlice("1.2", "1.3", None, None))


def test_header_is_that_of_the_first_slice_without_pixels(scan: Volume) -> None:
    header = source_header(scan)
    assert header.SOPInstanceUID == scan.identity.instance_uids[0]
    assert "PixelData" not in header
