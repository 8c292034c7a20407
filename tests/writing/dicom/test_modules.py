"""Objects belong to the scan's patient and study, in its own letters, and say what made them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from dicom_files import chest, save_all, series
from pydicom import Dataset, dcmread
from pydicom.charset import default_encoding
from pydicom.dataelem import RawDataElement
from pydicom.tag import BaseTag

from pleura.conventions import MaskFormat
from pleura.reading import read
from pleura.reading.dicom.dataset import quiet_pydicom
from pleura.segmentation import Segmentation
from pleura.writing.dicom.modules import ObjectKind, content_time, new_object, patient_and_study
from pleura.writing.dicom.save import save

from .conftest import mask_of

KIND = ObjectKind("dicom-seg", "1.2.840.10008.5.1.4.1.1.66.4", "SEG", 1, "Lungs")
NAMES = {
    "": "Smith^John",
    "ISO_IR 100": "Müller^Jürgen",
    "ISO_IR 144": "Иван^Щукин",
    "ISO_IR 192": "王^小東",
    "GB18030": "Wang^XiaoDong=王^小东",
    "ISO 2022 IR 6\\ISO 2022 IR 87": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "ISO_IR 13\\ISO 2022 IR 87": "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    "ISO 2022 IR 6\\ISO 2022 IR 149": "Hong^Gildong=洪^吉洞=홍^길동",
}


def written(segmented: Segmentation) -> Dataset:
    file = BytesIO()
    save(new_object(segmented, KIND, "digest"), segmented.volume, file)
    file.seek(0)
    return dcmread(file)


@pytest.mark.parametrize(("charset", "name"), NAMES.items())
def test_names_come_back_as_they_were(charset: str, name: str, tmp_path: Path) -> None:
    letters = {"SpecificCharacterSet": charset.split("\\"), "PatientName": name, "PatientComments": name}
    slices = series(chest(), **letters)
    volume = read(save_all(slices, tmp_path))
    found = written(mask_of(volume))
    assert found.get("SpecificCharacterSet") == (slices[0].SpecificCharacterSet or None)
    assert str(found.PatientName) == found.PatientComments == name
    source = dcmread(BytesIO(volume.source.header))
    assert found.PatientName.original_string == source.PatientName.original_string


def test_letters_of_no_stated_character_set_stay_the_bytes_they_are(tmp_path: Path) -> None:
    volume = read(save_all(series(chest(), PatientID="Jürgen"), tmp_path))
    assert "SpecificCharacterSet" not in written(mask_of(volume))
    assert written(mask_of(volume)).PatientID.encode(default_encoding) == "Jürgen".encode("latin-1")


def test_nothing_is_invented_and_what_has_to_be_there_is_empty(segmented: Segmentation) -> None:
    found = written(segmented)
    assert (found.PatientID, found.PatientBirthDate) == ("SECRET-7", "19520229")
    assert found.StudyInstanceUID == segmented.volume.identity.study_uid
    assert found["AccessionNumber"].is_empty
    assert found["PatientSex"].is_empty
    assert "PatientAge" not in found


def test_private_elements_and_what_describes_the_scan_are_left_behind() -> None:
    header, code = Dataset(), Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "CT", "99LOCAL", "CT of the chest"
    code.add_new((0x0009, 0x1001), "LO", "private in an item")
    header.PatientID, header.KVP, header.ProcedureCodeSequence = "7", 120, [code]
    header.add_new((0x0009, 0x0010), "LO", "SCANNER")
    header.add_new((0x0009, 0x1001), "LO", "private")
    found = patient_and_study(header)
    assert "private" not in str(found)
    assert "KVP" not in found
    assert found.ProcedureCodeSequence[0].CodeValue == "CT"
    assert "private in an item" in str(header)


def test_a_value_that_cannot_be_read_is_left_out() -> None:
    header = Dataset()
    header.PatientID = "7"
    header[0x00101030] = RawDataElement(BaseTag(0x00101030), "ZZ", 6, b"heavy ", 0, False, True)
    found = patient_and_study(header)
    assert found.PatientID == "7"
    assert "PatientWeight" not in found


def test_what_a_header_leaves_empty_or_half_said_is_no_fault_of_the_object() -> None:
    header, half = Dataset(), Dataset()
    header.SpecificCharacterSet, header.PatientComments = None, ""
    half.CodeValue = "CTCHEST"
    header.ProcedureCodeSequence = [half]
    header.LongitudinalTemporalOffsetFromEvent = 3.0
    found = patient_and_study(header)
    assert [key for key in ("SpecificCharacterSet", "PatientComments", "ProcedureCodeSequence") if key in found] == []
    assert found.LongitudinalTemporalOffsetFromEvent == 3
    assert found["ClinicalTrialTimePointID"].is_empty
    assert "ClinicalTrialSiteID" not in found


def test_object_names_its_model_and_stands_beside_the_series_of_the_scan(segmented: Segmentation) -> None:
    found = new_object(segmented, KIND, "digest")
    assert (found.Manufacturer, found.ManufacturerModelName) == ("pleura", "chest-ct 1.0")
    assert found.DeviceSerialNumber == "5" * 64
    assert found.SeriesDescription == "Lungs, chest-ct 1.0"
    assert found.SeriesNumber == 1  # the series of the scan has no number
    assert found.SeriesInstanceUID != segmented.volume.identity.series_uid


def test_content_time_is_the_first_that_the_scan_states_and_never_now() -> None:
    header = Dataset()
    assert content_time(header) == ("19000101", "000000")
    header.StudyDate, header.StudyTime = "20200102", "101112.5"
    assert content_time(header) == ("20200102", "101112.5")
    header.AcquisitionDate, header.AcquisitionTime = "20200103", ""
    assert content_time(header) == ("20200103", "000000")


@pytest.mark.parametrize("name", ["dicom-seg", "rtstruct", "dicom-pdf", "dicom-sc", "dicom-sr"])
def test_uid_that_is_none_is_kept_as_the_scan_has_it_and_nothing_is_printed(tmp_path: Path, name: MaskFormat) -> None:
    if name == "dicom-sr":
        pytest.importorskip("highdicom")
    with quiet_pydicom():
        volume = read(save_all(series(chest(), StudyInstanceUID="no.uid"), tmp_path / "scan"))
    found = mask_of(volume).write(tmp_path / ("a" if name == "dicom-sc" else "a.dcm"), format=name)
    file = next(found.iterdir()) if found.is_dir() else found
    with quiet_pydicom():
        assert dcmread(file, specific_tags=["StudyInstanceUID"]).StudyInstanceUID == "no.uid"
