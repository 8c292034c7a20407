"""A mask as a segmentation: what it holds, what it leaves out, and the same bytes each time."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest, enhanced, radiograph, save, save_all, series
from pydicom import Dataset, dcmread

from pleura.errors import UnwritableOutput
from pleura.reading import read
from pleura.segmentation import Segmentation
from pleura.volume import Volume
from pleura.writing.dicom.seg import write_seg

from .conftest import mask_of


def written(segmented: Segmentation, seg_type: str = "binary") -> Dataset:
    file = BytesIO()
    write_seg(segmented, file, seg_type)
    file.seek(0)
    return dcmread(file)


def planes_of(found: Dataset) -> dict[tuple[str, int], np.ndarray]:
    """Return the pixels of each frame by image and segment; 0 stands for all segments of a label map."""
    pixels = found.pixel_array.reshape(-1, found.Rows, found.Columns)
    planes = {}
    for plane, group in zip(pixels, found.PerFrameFunctionalGroupsSequence, strict=True):
        source = group.DerivationImageSequence[0].SourceImageSequence[0]
        segment = group.get("SegmentIdentificationSequence")
        number = segment[0].ReferencedSegmentNumber if segment else 0
        planes[f"{source.ReferencedSOPInstanceUID} {source.get('ReferencedFrameNumber', '')}".strip(), number] = plane
    return planes


def expected(segmented: Segmentation, *, labelled: bool) -> dict[tuple[str, int], np.ndarray]:
    found = {}
    for number in (0,) if labelled else (1, 2):
        for image, plane in zip(segmented.volume.source.slices, segmented.labels, strict=True):
            drawn = plane if labelled else (plane == number).astype(np.uint8)
            if image and drawn.any():
                found[f"{image.instance_uid} {image.frame or ''}".strip(), number] = drawn
    return found


@pytest.mark.parametrize("seg_type", ["binary", "labelmap"])
def test_each_frame_is_the_mask_of_its_image_and_empty_ones_are_left_out(segmented, seg_type: str) -> None:
    found, wanted = planes_of(written(segmented, seg_type)), expected(segmented, labelled=seg_type == "labelmap")
    assert list(found) == list(wanted)
    assert len(found) == (22 if seg_type == "labelmap" else 21 + 20)
    for key, plane in wanted.items():
        np.testing.assert_array_equal(found[key], plane)


def test_slices_that_were_interpolated_are_left_out(tmp_path: Path) -> None:
    slices = series(chest())
    volume = read(save_all([one for k, one in enumerate(slices) if k not in {7, 12}], tmp_path))
    segmented = mask_of(volume)
    found = planes_of(written(segmented))
    assert len(found) == 21 + 20 - 4
    assert list(found) == list(expected(segmented, labelled=False))


def test_frames_refer_to_the_frames_of_an_object_of_many(tmp_path: Path) -> None:
    segmented = mask_of(read(save(enhanced(chest(), [*range(23, -1, -1)]), tmp_path / "a.dcm")))
    found = planes_of(written(segmented))
    wanted = expected(segmented, labelled=False)
    assert list(found) == list(wanted)
    assert len({uid.split()[1] for uid, _ in found}) == 22


@pytest.mark.parametrize("columns", [60, 61, 62, 63])
def test_frames_that_share_a_byte_are_packed_one_after_another(columns: int, tmp_path: Path) -> None:
    hu = chest((12, 61, 61))[:, :, np.arange(columns) % 61]
    segmented = mask_of(read(save_all(series(hu), tmp_path)))
    found, wanted = planes_of(written(segmented)), expected(segmented, labelled=False)
    for key, plane in wanted.items():
        np.testing.assert_array_equal(found[key], plane)


@pytest.mark.parametrize("seg_type", ["binary", "labelmap"])
def test_mask_of_a_radiograph_has_no_place_in_the_patient(tmp_path: Path, seg_type: str) -> None:
    volume = read(save(radiograph(), tmp_path / "a.dcm"))
    labels = np.zeros((64, 64), np.uint8)
    labels[10:40, 5:20], labels[12:50, 40:60] = 1, 2
    found = written(Segmentation(labels, volume), seg_type)
    assert "FrameOfReferenceUID" not in found
    planes = planes_of(found)
    assert {number for _, number in planes} == ({0} if seg_type == "labelmap" else {1, 2})
    np.testing.assert_array_equal(sum(max(number, 1) * plane for (_, number), plane in planes.items()), labels)


def test_empty_mask_is_one_empty_frame(scan: Volume) -> None:
    found = written(Segmentation(np.zeros(scan.shape, np.uint8), scan))
    assert found.NumberOfFrames == 1
    assert not found.pixel_array.any()


def test_object_is_listed_beside_the_series_it_refers_to(segmented: Segmentation) -> None:
    found = written(segmented)
    (listed,) = found.ReferencedSeriesSequence
    assert listed.SeriesInstanceUID == segmented.volume.identity.series_uid
    assert len(listed.ReferencedInstanceSequence) == 24
    assert (found.PatientID, found.Modality, found.SegmentationType) == ("SECRET-7", "SEG", "BINARY")
    assert found.FrameOfReferenceUID == segmented.volume.identity.frame_of_reference_uid


@pytest.mark.parametrize("seg_type", ["binary", "labelmap"])
def test_bytes_are_the_same_each_time_and_a_corrected_mask_is_another_instance(segmented, seg_type: str) -> None:
    files = [BytesIO(), BytesIO()]
    for file in files:
        write_seg(segmented, file, seg_type)
    assert files[0].getvalue() == files[1].getvalue()
    labels = segmented.labels.copy()
    labels[5, 11, 6] = 0
    first, corrected = written(segmented, seg_type), written(replace(segmented, labels=labels), seg_type)
    assert first.SeriesInstanceUID == corrected.SeriesInstanceUID
    assert first.SOPInstanceUID != corrected.SOPInstanceUID


def test_loss_of_the_scan_is_stated_where_the_scan_says_how(tmp_path: Path) -> None:
    assert written(mask_of(read(save_all(series(chest()), tmp_path / "a")))).LossyImageCompression == "00"
    stated = {
        "LossyImageCompression": "01",
        "LossyImageCompressionRatio": 8,
        "LossyImageCompressionMethod": "ISO_15444_1",
    }
    found = written(mask_of(read(save_all(series(chest(), **stated), tmp_path / "b"))))
    assert (found.LossyImageCompression, found.LossyImageCompressionRatio) == ("01", 8)


def test_scan_of_another_format_is_refused(scan: Volume) -> None:
    file = BytesIO()
    with pytest.raises(UnwritableOutput) as caught:
        write_seg(mask_of(replace(scan, source=None)), file)
    assert caught.value.code == "not-from-dicom"
    assert file.getvalue() == b""
