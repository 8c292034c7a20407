"""The preview as a document of the study."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from dicom_files import radiograph, save
from dicom_readers import errors_of
from pydicom import dcmread

from pleura.errors import UnwritableOutput
from pleura.reading import read
from pleura.segmentation import Segmentation
from pleura.writing.dicom.pdf import write_pdf
from pleura.writing.signature import is_mask_output, is_pleura_output


def test_document_is_a_pdf_of_the_patient_s_study(segmented: Segmentation, tmp_path: Path) -> None:
    file = segmented.write(tmp_path / "lungs.dcm", format="dicom-pdf")
    found = dcmread(file)
    document = found.EncapsulatedDocument[: found.EncapsulatedDocumentLength]
    assert document.startswith(b"%PDF-")
    assert document.rstrip().endswith(b"%%EOF")
    assert (found.PatientID, found.StudyInstanceUID) == ("SECRET-7", segmented.volume.identity.study_uid)
    assert len(found.SourceInstanceSequence) == 24
    assert errors_of(file) == []
    assert is_pleura_output(file)
    assert not is_mask_output(file)


def test_bytes_are_the_same_each_time_and_hold_no_clock(segmented: Segmentation) -> None:
    files = [BytesIO(), BytesIO()]
    for file in files:
        write_pdf(segmented, file)
    assert files[0].getvalue() == files[1].getvalue()
    assert b"CreationDate" not in files[0].getvalue()


def test_radiograph_has_a_document_too_and_what_is_not_dicom_has_none(segmented, tmp_path: Path) -> None:
    volume = read(save(radiograph(), tmp_path / "a.dcm"))
    taken = Segmentation((volume.voxels[0] > 128).astype("uint8"), volume)
    assert errors_of(taken.write(tmp_path / "b.dcm", format="dicom-pdf")) == []
    with pytest.raises(UnwritableOutput, match="belongs to the patient") as caught:
        write_pdf(replace(segmented, volume=replace(segmented.volume, source=None)), BytesIO())
    assert caught.value.code == "not-from-dicom"
