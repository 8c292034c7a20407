"""Elements as bytes are what pydicom reads as those elements."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from pydicom import Dataset, dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from pleura.segmentation import Segmentation
from pleura.writing.dicom.explicit_vr import element, encapsulated_pixels, is_whole, sequence, text
from pleura.writing.dicom.seg import write_seg


def test_elements_are_those_that_pydicom_writes() -> None:
    code, item = Dataset(), Dataset()
    code.CodeValue, code.CodingSchemeDesignator = "121322", "DCM"
    item.ReferencedSOPInstanceUID, item.SpatialLocationsPreserved = "1.2.3", "YES"
    item.PurposeOfReferenceCodeSequence = [code]
    whole = Dataset()
    whole.SourceImageSequence, whole.ImagePositionPatient, whole.DimensionIndexValues = [item], [-1.5, 0, 3], [1, 70000]
    expected = DicomBytesIO()
    expected.is_little_endian, expected.is_implicit_VR = True, False
    write_dataset(expected, whole)
    purpose = text("CodeValue", "SH", "121322") + text("CodingSchemeDesignator", "SH", "DCM")
    source = text("ReferencedSOPInstanceUID", "UI", "1.2.3") + text("SpatialLocationsPreserved", "CS", "YES")
    source += sequence("PurposeOfReferenceCodeSequence", [purpose])
    found = sequence("SourceImageSequence", [source])
    found += text("ImagePositionPatient", "DS", -1.5, 0.0, 3.0)
    found += element("DimensionIndexValues", "UL", struct.pack("<2L", 1, 70000))
    assert found == expected.getvalue()


def test_compressed_frames_come_back_one_by_one() -> None:
    from pydicom.encaps import generate_frames

    pixels = encapsulated_pixels([b"one!", b"number two"])
    found = dcmread(BytesIO(bytes(128) + b"DICM" + text("TransferSyntaxUID", "UI", "1.2.840.10008.1.2.5") + pixels))
    assert list(generate_frames(found.PixelData, number_of_frames=2)) == [b"one!", b"number two"]


@pytest.mark.parametrize("seg_type", ["binary", "labelmap"])
def test_file_that_was_cut_short_is_known(segmented: Segmentation, seg_type: str) -> None:
    file = BytesIO()
    write_seg(segmented, file, seg_type)
    whole = file.getvalue()
    assert is_whole(whole)
    cuts = (140, 500, 2000, len(whole) // 2, len(whole) - 2, len(whole) - 1)
    assert [cut for cut in cuts if is_whole(whole[:cut])] == []
