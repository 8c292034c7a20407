"""What is neither a chest CT nor a chest radiograph is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from dicom_files import chest, ct_slice, save
from read_files import error_code

import pleura
from pleura.errors import UnsuitableInput


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ({"Modality": "MR"}, "wrong-modality"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}, "wrong-modality"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "secondary-capture"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4"}, "not-an-image"),
        ({"Modality": "DX"}, "wrong-modality"),
        ({"BodyPartExamined": "HEAD"}, "not-a-chest"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer"),
        ({"ImageType": ["DERIVED", "PRIMARY", "PERFUSION", "RCBF"]}, "not-hu"),
        ({"RescaleType": "MGML"}, "not-hu"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "colour"),
        ({"PhotometricInterpretation": "MONOCHROME1"}, "not-hu"),
        ({"BitsAllocated": 12}, "unsupported-pixels"),
        ({"HighBit": 11, "BitsStored": 10}, "unsupported-pixels"),
        ({"PixelData": None}, "no-pixel-data"),
        ({"Rows": None}, "damaged"),
        ({"RescaleSlope": 0}, "damaged"),
        ({"PixelSpacing": [0, 1]}, "damaged"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "damaged"),
        ({"Rows": 65}, "truncated"),
        ({"Rows": 16}, "too-small"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path, elements: dict[str, object], code: str) -> None:
    assert error_code(save(ct_slice(chest()[0], (0, 0, 0), **elements), tmp_path / "one.dcm")) == code


def test_an_unknown_kind_of_object_is_said_to_be_unknown(tmp_path: Path) -> None:
    path = save(ct_slice(chest()[0], (0, 0, 0), SOPClassUID="1.2.3.4"), tmp_path / "one.dcm")
    with pytest.raises(UnsuitableInput, match="the kind of object is unknown, not CT Image"):
        pleura.read(path)
