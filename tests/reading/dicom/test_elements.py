"""The walk over DICOM elements, compared with pydicom element by element."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from dicom_files import ROOT, chest, ct_slice, save
from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from pleura.errors import UnreadableInput
from pleura.reading.dicom import elements
from pleura.reading.dicom.elements import read_elements

NATIVE = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]


def by_pydicom(path: Path) -> dict[str, str]:
    return dict(elements._by_pydicom(path).values)


def nested(depth: int) -> Dataset:
    item = Dataset()
    item.SOPInstanceUID = f"{ROOT}.666"  # the element of an item must not be taken for one of the file
    item.Rows = 7
    if depth:
        item.ReferencedImageSequence = Sequence([nested(depth - 1), nested(0)])
        item["ReferencedImageSequence"].is_undefined_length = depth % 2 == 0
        item.is_undefined_length_sequence_item = True
    return item


@pytest.mark.parametrize("syntax", [*NATIVE, DeflatedExplicitVRLittleEndian])
@pytest.mark.parametrize("undefined", [False, True])
def test_elements_equal_those_of_pydicom(tmp_path: Path, syntax: str, undefined: bool) -> None:
    dataset = ct_slice(chest()[0], (1.5, -2, 3))
    dataset.ReferencedImageSequence = Sequence([nested(3), nested(2)])
    dataset["ReferencedImageSequence"].is_undefined_length = undefined
    dataset.add_new(0x00091001, "UN", b"private\0" * 4)
    dataset.add_new(0x00090010, "LO", "SOMEONE")
    path = save(dataset, tmp_path / "one.dcm", syntax=syntax)
    found = read_elements(path)
    assert dict(found.values) == by_pydicom(path)
    assert found.values["Rows"] == "64"
    assert "PatientName" not in found.values


@pytest.mark.parametrize("syntax", NATIVE)
def test_the_pixels_lie_where_the_walk_says(tmp_path: Path, syntax: str) -> None:
    path = save(ct_slice(chest()[0], (0, 0, 0)), tmp_path / "one.dcm", syntax=syntax)
    found = read_elements(path)
    assert found.pixel_length == 2 * 64 * 64
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    pixels = np.frombuffer(path.read_bytes()[found.pixel_offset :][: found.pixel_length], f"{order}u2")
    np.testing.assert_array_equal(pixels.reshape(64, 64), chest()[0] + 1024)


def test_a_header_longer_than_the_first_block_is_read_whole(tmp_path: Path) -> None:
    dataset = ct_slice(chest()[0], (0, 0, 0))
    dataset.add_new(0x00091001, "OB", bytes(100_000))
    dataset.add_new(0x00090010, "LO", "SOMEONE")
    path = save(dataset, tmp_path / "long.dcm")
    found = read_elements(path)
    assert found.values["PixelSpacing"] == "5.0\\5.0"
    assert found.pixel_offset == path.stat().st_size - 2 * 64 * 64


def test_a_file_without_preamble_is_read(tmp_path: Path) -> None:
    path = save(ct_slice(chest()[0], (0, 0, 0)), tmp_path / "one.dcm")
    (tmp_path / "bare.dcm").write_bytes(path.read_bytes()[132:])
    assert dict(read_elements(tmp_path / "bare.dcm").values) == dict(read_elements(path).values)


def test_what_is_not_dicom_is_refused_at_the_first_bytes(tmp_path: Path) -> None:
    (tmp_path / "text.dcm").write_bytes(b"hello" * 200)
    with pytest.raises(UnreadableInput) as caught:
        read_elements(tmp_path / "text.dcm")
    assert caught.value.code == "not-dicom"


def test_every_cut_of_a_file_ends_in_elements_or_a_named_error(tmp_path: Path) -> None:
    dataset = ct_slice(chest()[0][:8, :8], (0, 0, 0))
    dataset.ReferencedImageSequence = Sequence([nested(2)])
    dataset["ReferencedImageSequence"].is_undefined_length = True
    whole = save(dataset, tmp_path / "one.dcm").read_bytes()
    for length in range(1, len(whole), 13):
        (tmp_path / "cut.dcm").write_bytes(whole[:length])
        try:
            read_elements(tmp_path / "cut.dcm")
        except UnreadableInput as error:
            assert error.code in {"damaged", "not-dicom"}


def test_real_headers_equal_those_of_pydicom(shared: Path) -> None:
    compared = 0
    for path in sorted((shared / "odd").rglob("*")):
        if not path.is_file() or path.parent.name == "06-broken" or path.read_bytes()[128:132] != b"DICM":
            continue
        try:
            walked = elements._walk_file(path.read_bytes(), whole=True)
        except (elements._NotPlain, struct.error):
            continue
        expected = by_pydicom(path)
        assert {key: normal(text) for key, text in walked.values.items()} == {
            key: normal(text) for key, text in expected.items()
        }, path.name
        compared += 1
    assert compared > 60


def normal(text: str) -> list[str]:
    """Return the parts of a value; numbers by their value, since pydicom may print them otherwise."""
    parts = []
    for part in text.split("\\"):
        try:
            parts.append(f"{float(part):.9g}")
        except ValueError:
            parts.append(part.strip())
    return parts


def test_each_keyword_that_is_kept_is_that_of_its_tag_in_the_standard() -> None:
    assert dict(elements.WANTED) == {tag: keyword_for_tag(tag) for tag in elements.WANTED}
