"""The volumes of a mask as a report that other programs read, beside the segmentation it refers to."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from dicom_files import radiograph, save
from dicom_readers import errors_of, program
from pydicom import Dataset, dcmread

from pleura.errors import MissingExtra, UnwritableOutput
from pleura.reading import read
from pleura.segmentation import Segmentation
from pleura.writing.dicom import sr
from pleura.writing.dicom.sr import refuse_unmeasured, write_sr

pytest.importorskip("highdicom")


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
    found = read_by_dcmqi(report, tmp_path / "found.json")["Measurements"]
    values = {one["TrackingIdentifier"]: float(one["measurementItems"][0]["value"]) for one in found}
    assert values == segmented.volumes_ml
    assert [one["Laterality"]["CodeMeaning"] for one in found] == ["Right", "Left"]
    assert {one["segmentationSOPInstanceUID"] for one in found} == {seg.SOPInstanceUID}
    assert [one["ReferencedSegment"] for one in found] == [1, 2]


def test_report_belongs_to_the_study_and_lists_what_it_refers_to(segmented: Segmentation, tmp_path: Path) -> None:
    found = dcmread(segmented.write(tmp_path / "sr.dcm", format="dicom-sr"))
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
