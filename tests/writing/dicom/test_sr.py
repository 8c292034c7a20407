"""The measurements of a mask as a report that other programs read, beside the segmentation it refers to."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import radiograph, save
from dicom_readers import errors_of, program
from pydicom import Dataset, dcmread
from writing.dicom.conftest import mask_of

from pleura.errors import MissingExtra, UnwritableOutput
from pleura.reading import read
from pleura.segmentation import Segmentation
from pleura.volume import Volume
from pleura.writing.dicom import sr
from pleura.writing.dicom.sr import refuse_unmeasured, write_sr

highdicom = pytest.importorskip("highdicom")


@pytest.fixture(scope="module")
def report(scan: Volume, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of the mask."""
    return mask_of(scan).write(tmp_path_factory.mktemp("report") / "sr.dcm", format="dicom-sr")


def sr_of(report: Path) -> Any:
    return highdicom.sr.srread(report).content


def read_by_dcmqi(file: Path, found: Path) -> dict:
    command = [program("dcmqi", "tid1500reader"), "--inputDICOM", file, "--outputMetadata", found]
    subprocess.run(command, capture_output=True, check=True)
    return json.loads(found.read_text())


@pytest.mark.parametrize("seg_type", ["binary", "labelmap"])
def test_report_holds_the_volumes_and_refers_to_the_segmentation(segmented, seg_type: str, tmp_path: Path) -> None:
    report = segmented.write(tmp_path / "sr.dcm", format="dicom-sr", seg_type=seg_type)
    seg = dcmread(segmented.write(tmp_path / "seg.dcm", seg_type=seg_type))
    # dciodvfy does not know yet that a label map has segments to refer to (PS3.3 table 10-3).
    expected = 0 if seg_type == "binary" else 2
    assert [("ReferencedSegmentNumber" in error) for error in errors_of(report)] == [True] * expected
    found = read_by_dcmqi(report, tmp_path / "found.json")["Measurements"][:2]
    values = {one["TrackingIdentifier"]: float(one["measurementItems"][0]["value"]) for one in found}
    assert values == segmented.volumes_ml
    assert [one["Laterality"]["CodeMeaning"] for one in found] == ["Right", "Left"]
    assert {one["segmentationSOPInstanceUID"] for one in found} == {seg.SOPInstanceUID}
    assert [one["ReferencedSegment"] for one in found] == [1, 2]


def read_by_highdicom(report: Path) -> dict[str, dict[str, float]]:
    """Return region -> what was measured -> number, by the meanings of the codes."""
    content = sr_of(report)
    groups = [*content.get_volumetric_roi_measurement_groups(), *content.get_image_measurement_groups()]
    return {
        group.tracking_identifier: {
            " ".join(code.meaning for code in (one.name, one.derivation) if code): one.value
            for one in group.get_measurements()
        }
        for group in groups
    }


def test_report_holds_all_that_is_measured(segmented: Segmentation, report: Path) -> None:
    found = read_by_highdicom(report)
    measured = segmented.measurements
    for lung in ("right lung", "left lung", "both lungs"):
        region = measured.region(lung)
        assert region.density is not None
        assert region.clusters is not None
        assert len(found[lung]) >= 18
        for meaning, number in (
            ("Volume", region.volume_ml),
            ("Mass", region.mass_g),
            ("Attenuation Coefficient Mean", region.density.mean_hu),
            ("Attenuation Coefficient Standard Deviation", region.density.sd_hu),
            ("Attenuation Coefficient 15th percentile", region.density.perc15_hu),
            ("Voxels at or below -856 HU", region.density.laa_le_856_percent),
            ("Pieces in slices at or below -950 HU", region.clusters.count),
        ):
            assert found[lung][meaning] == pytest.approx(number, abs=1e-6)
    assert found["both lungs"]["Mean, right less left"] == pytest.approx(measured.asymmetry.mean_difference_hu)
    part = measured.region("left lung", "lower_third_by_volume")
    assert found["left lung, lower third by volume"]["Volume"] == pytest.approx(part.volume_ml)
    assert len(found) == 3 + 3 * 8


def test_report_says_what_limits_the_numbers(segmented: Segmentation, report: Path) -> None:
    content = sr_of(report)
    (right, _) = content.get_volumetric_roi_measurement_groups()
    found = {one.value.value for one in right.get_qualitative_evaluations()}
    assert found == {warning.code for warning in segmented.measurements.warnings}
    assert "thick-slices" in found


def test_mask_that_was_read_names_no_model(segmented: Segmentation, tmp_path: Path) -> None:
    read_again = replace(segmented, provenance={"source": {"sha256": "7" * 64}})
    for name in ("dicom-sr", "dicom-pdf", "dicom-seg"):
        found = dcmread(read_again.write(tmp_path / "a.dcm", format=name))
        assert (found.ManufacturerModelName, found.DeviceSerialNumber) == ("a mask that was read", "7" * 64)
        assert "unknown unknown" not in str(found)


def test_report_belongs_to_the_study_and_lists_what_it_refers_to(segmented: Segmentation, report: Path) -> None:
    found = dcmread(report)
    assert (found.PatientID, found.StudyInstanceUID) == ("SECRET-7", segmented.volume.identity.study_uid)
    (study,) = found.CurrentRequestedProcedureEvidenceSequence
    seg, scan = study.ReferencedSeriesSequence
    assert len(seg.ReferencedSOPSequence) == 1
    assert scan.SeriesInstanceUID == segmented.volume.identity.series_uid
    assert len(scan.ReferencedSOPSequence) == 24


def written(segmented: Segmentation) -> tuple[bytes, Dataset]:
    file = BytesIO()
    write_sr(segmented, file)
    file.seek(0)
    return file.getvalue(), dcmread(file)


def test_bytes_are_the_same_each_time_and_of_another_mask_others(segmented: Segmentation) -> None:
    (first, report), (second, _) = written(segmented), written(segmented)
    assert first == second
    labels = segmented.labels.copy()
    labels[5, 11, 6] = 0
    assert written(replace(segmented, labels=labels))[1].SOPInstanceUID != report.SOPInstanceUID


def test_scan_without_volumes_is_refused_and_so_is_a_report_without_highdicom(
    scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = read(save(radiograph(), tmp_path / "a.dcm"))
    for volume in (picture, replace(scan, spacing_known=False)):
        with pytest.raises(UnwritableOutput) as caught:
            refuse_unmeasured(volume)
        assert caught.value.code == "no-volumes"
    refuse_unmeasured(scan)
    monkeypatch.setattr(sr, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'pleura\[dicom\]'"):
        refuse_unmeasured(scan)


def test_structure_that_is_not_there_has_no_volume(segmented: Segmentation, tmp_path: Path) -> None:
    right = replace(segmented, labels=np.where(segmented.labels == 1, np.uint8(1), np.uint8(0)))
    report = right.write(tmp_path / "sr.dcm", format="dicom-sr")
    found = read_by_dcmqi(report, tmp_path / "found.json")["Measurements"]
    assert float(found[1]["measurementItems"][0]["value"]) == 0
