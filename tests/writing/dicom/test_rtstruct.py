"""Structure sets name, colour and code the lungs, and draw them on the images that they refer to."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from dicom_files import AXIAL, chest, enhanced, radiograph, save, save_all, series
from pydicom import Dataset, dcmread

from pleura.errors import UnwritableOutput
from pleura.labels import structures
from pleura.reading import read
from pleura.reading.dicom.rtstruct import read_rtstruct
from pleura.segmentation import Segmentation
from pleura.writing.dicom.rtstruct import write_rtstruct
from pleura.writing.formats import FORMATS

from .conftest import mask_of


def written(segmented: Segmentation) -> Dataset:
    return dcmread(BytesIO(bytes_of(segmented)))


def bytes_of(segmented: Segmentation) -> bytes:
    file = BytesIO()
    write_rtstruct(segmented, file)
    return file.getvalue()


def test_lungs_have_the_names_of_planning_systems_their_colours_and_codes(segmented: Segmentation) -> None:
    found = written(segmented)
    assert [roi.ROIName for roi in found.StructureSetROISequence] == ["Lung_R", "Lung_L"]
    assert [list(roi.ROIDisplayColor) for roi in found.ROIContourSequence] == [[230, 80, 70], [70, 140, 230]]
    coded = [one.RTROIIdentificationCodeSequence[0] for one in found.RTROIObservationsSequence]
    assert [(code.CodeValue, code.CodeMeaning) for code in coded] == [
        ("3341006", "Right lung"),
        ("44029006", "Left lung"),
    ]
    for sequence in ("StructureSetROISequence", "RTROIObservationsSequence"):
        assert len(found[sequence].value) == 2
    assert {roi.ROIGenerationAlgorithm for roi in found.StructureSetROISequence} == {"AUTOMATIC"}
    assert found.ApprovalStatus == "UNAPPROVED"


def test_each_contour_lies_on_its_image_in_three_decimals(segmented: Segmentation) -> None:
    found = written(segmented)
    places = {one.instance_uid: one.position for one in segmented.volume.source.slices}
    contours = [contour for roi in found.ROIContourSequence for contour in roi.ContourSequence]
    assert len(contours) == 21 + 20  # slices 1 to 21 and 3 to 22
    for contour in contours:
        x, y, z = np.array(contour.ContourData, float).reshape(-1, 3).T
        (image,) = contour.ContourImageSequence
        assert (z == places[image.ReferencedSOPInstanceUID][2]).all()
        assert len(x) == contour.NumberOfContourPoints
        assert (x.min(), y.min()) > places[image.ReferencedSOPInstanceUID][:2]
        text = contour.get_item("ContourData").value
        assert all(len(str(number)) <= 16 for number in contour.ContourData)
        assert max(len(str(number).partition(".")[2]) for number in contour.ContourData) <= 3, text


def test_all_images_of_series_and_study_are_named(segmented: Segmentation) -> None:
    (frame,) = written(segmented).ReferencedFrameOfReferenceSequence
    (study,) = frame.RTReferencedStudySequence
    (one,) = study.RTReferencedSeriesSequence
    identity = segmented.volume.identity
    assert frame.FrameOfReferenceUID == identity.frame_of_reference_uid
    assert study.ReferencedSOPInstanceUID == identity.study_uid
    assert one.SeriesInstanceUID == identity.series_uid
    assert tuple(image.ReferencedSOPInstanceUID for image in one.ContourImageSequence) == identity.instance_uids


def test_contours_come_back_pixel_for_pixel_and_twice_in_the_same_bytes(
    segmented: Segmentation, tmp_path: Path
) -> None:
    (tmp_path / "a.dcm").write_bytes(bytes_of(segmented))
    found = read_rtstruct(tmp_path / "a.dcm", segmented.volume, {1, 2})
    np.testing.assert_array_equal(found.voxels, segmented.labels)
    assert bytes_of(segmented) == (tmp_path / "a.dcm").read_bytes()


def test_corrected_mask_is_another_instance_of_the_same_series(segmented: Segmentation) -> None:
    labels = segmented.labels.copy()
    labels[3, 20, 10] = 0
    one, other = written(segmented), written(replace(segmented, labels=labels))
    assert one.SeriesInstanceUID == other.SeriesInstanceUID
    assert one.SOPInstanceUID != other.SOPInstanceUID


def test_slices_that_were_interpolated_are_left_out(tmp_path: Path) -> None:
    slices = series(chest())
    del slices[9]
    volume = read(save_all(slices, tmp_path))
    assert volume.identity.instance_uids[9] == ""
    found = written(mask_of(volume))
    heights = {float(contour.ContourData[2]) for contour in found.ROIContourSequence[0].ContourSequence}
    assert -300.0 + 8 * 5 in heights
    assert -300.0 + 9 * 5 not in heights


def test_slices_off_the_even_spacing_keep_their_own_height(tmp_path: Path) -> None:
    slices = series(chest())
    slices[9].ImagePositionPatient[2] = -300 + 9 * 5 + 0.3
    found = written(mask_of(read(save_all(slices, tmp_path))))
    heights = [float(contour.ContourData[2]) for contour in found.ROIContourSequence[0].ContourSequence]
    assert -300 + 9 * 5 + 0.3 in heights


def test_frames_of_one_object_are_referred_to_by_number(tmp_path: Path) -> None:
    volume = read(save(enhanced(chest(), range(24)), tmp_path / "a.dcm"))
    found = written(mask_of(volume))
    images = [contour.ContourImageSequence[0] for contour in found.ROIContourSequence[0].ContourSequence]
    assert [image.ReferencedFrameNumber for image in images] == list(range(2, 23))
    assert {image.ReferencedSOPInstanceUID for image in images} == {volume.source.slices[0].instance_uid}
    one = found.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    assert len(one.ContourImageSequence) == 1


def test_lung_that_is_nowhere_is_named_and_has_no_contour(segmented: Segmentation) -> None:
    found = written(replace(segmented, labels=np.where(segmented.labels == 1, 1, 0).astype(np.uint8)))
    assert [roi.ROIName for roi in found.StructureSetROISequence] == ["Lung_R", "Lung_L"]
    assert ["ContourSequence" in roi for roi in found.ROIContourSequence] == [True, False]


def test_mask_that_no_model_made_says_nothing_of_how(segmented: Segmentation) -> None:
    by_hand = replace(segmented, provenance={}, structures=structures(["lung", "heart"]))
    first, second = written(by_hand).StructureSetROISequence
    assert not first.ROIGenerationAlgorithm
    assert (first.ROIName, second.ROIName) == ("Lungs", "heart")


def test_contour_longer_than_64_kilobytes_is_whole(scan, tmp_path: Path) -> None:
    labels = np.zeros(scan.shape, np.uint8)
    labels[5] = 1
    labels[5, 1:-1:2, 1:-1:2] = 0
    one = Segmentation(labels, scan, provenance={})
    (tmp_path / "a.dcm").write_bytes(bytes_of(one))
    (contour,) = written(one).ROIContourSequence[0].ContourSequence
    assert len(contour.get_item("ContourData").value) > 1 << 16
    np.testing.assert_array_equal(read_rtstruct(tmp_path / "a.dcm", scan, {1}).voxels, labels)


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ({"FrameOfReferenceUID": None}, "source-without-uids"),
        ({"StudyInstanceUID": None}, "source-without-uids"),
    ],
)
def test_scan_without_uids_is_refused_before_the_network_runs(tmp_path: Path, elements: dict, code: str) -> None:
    volume = read(save_all(series(chest(), **elements), tmp_path))
    with pytest.raises(UnwritableOutput) as caught:
        FORMATS["rtstruct"].refuse(volume)
    assert caught.value.code == code


def test_radiograph_is_refused_before_the_network_runs(tmp_path: Path) -> None:
    volume = read(save(radiograph(), tmp_path / "a.dcm"))
    with pytest.raises(UnwritableOutput) as caught:
        FORMATS["rtstruct"].refuse(volume)
    assert caught.value.code == "no-patient-space"


def test_names_of_the_patient_come_from_the_scan_alone(tmp_path: Path) -> None:
    letters = {"SpecificCharacterSet": ["ISO 2022 IR 6", "ISO 2022 IR 87"], "PatientName": "Yamada^Tarou=山田^太郎"}
    volume = read(save_all(series(chest(), orientation=AXIAL, **letters), tmp_path))
    assert str(written(mask_of(volume)).PatientName) == letters["PatientName"]


@pytest.mark.parametrize(("pixel", "most"), [(0.703125, 2), (0.48828125, 3)])
def test_corners_have_two_decimals_in_axial_planes_of_coarse_pixels_and_planes_three(
    tmp_path: Path, pixel: float, most: int
) -> None:
    slices = series(chest(), spacing=(pixel, pixel), step=(0, 0, 1.125))
    found = written(mask_of(read(save_all(slices, tmp_path))))
    numbers = [
        str(number).partition(".")[2]
        for roi in found.ROIContourSequence
        for contour in roi.ContourSequence
        for number in contour.ContourData
    ]
    assert max(map(len, numbers[0::3])) == max(map(len, numbers[1::3])) == most
    assert max(map(len, numbers[2::3])) == 3
