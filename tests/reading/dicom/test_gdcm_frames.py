"""Frames that GDCM decodes and that are taken from its memory are those that pydicom reads, or are left to pydicom."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gdcm
import numpy as np
import pydicom
import pytest
from dicom_files import ct_slice, save
from pydicom.encaps import encapsulate, generate_frames

from pleura.errors import UnreadableInput
from pleura.reading.dicom.decoding import decode
from pleura.reading.dicom.elements import read_elements
from pleura.reading.dicom.gdcm_frames import SYNTAXES, frame_by_gdcm, single_stream
from pleura.reading.dicom.header import Header, parse_header

VALUES = (np.arange(40 * 48).reshape(40, 48) * 37) % 4096


def compressed(path: Path, syntax: str, stored: np.ndarray, bits: int = 16) -> Header:
    """Write values (y, x) losslessly compressed by GDCM, and return the header of the file."""
    save(ct_slice(stored, (0, 0, 0), stored=stored, BitsStored=bits, HighBit=bits - 1), path)
    reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
    reader.SetFileName(str(path))
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, SYNTAXES[syntax])))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    return parse_header(path, read_elements(path))


@pytest.mark.parametrize("syntax", sorted(SYNTAXES))
@pytest.mark.parametrize(("kind", "bits", "shift"), [(np.uint16, 12, 0), (np.uint16, 16, 20000), (np.int16, 16, -2000)])
def test_values_are_those_that_were_compressed(tmp_path: Path, syntax: str, kind: type, bits: int, shift: int) -> None:
    values = (VALUES + shift).astype(kind)
    header = compressed(tmp_path / "a.dcm", syntax, values, bits)
    stream = single_stream(header)
    assert stream is not None
    found = frame_by_gdcm(stream, header)
    assert found is not None
    assert (found.dtype, found.tolist()) == (values.dtype, values.tolist())
    assert next(decode(header, [0])).tolist() == values.tolist()


def test_stream_in_several_fragments_is_joined(tmp_path: Path) -> None:
    header = compressed(tmp_path / "a.dcm", "1.2.840.10008.1.2.4.70", VALUES.astype(np.uint16))
    dataset = pydicom.dcmread(header.path)
    (stream,) = generate_frames(dataset.PixelData, number_of_frames=1)
    dataset.PixelData = encapsulate([stream], fragments_per_frame=3, has_bot=False)
    dataset.save_as(header.path)
    header = parse_header(header.path, read_elements(header.path))
    assert single_stream(header) == stream + b"\0" * (len(single_stream(header) or b"") - len(stream))
    assert next(decode(header, [0])).tolist() == VALUES.tolist()


@pytest.mark.parametrize("syntax", sorted(SYNTAXES))
def test_any_byte_of_a_file_may_be_wrong_and_the_program_goes_on(tmp_path: Path, syntax: str) -> None:
    header = compressed(tmp_path / "a.dcm", syntax, VALUES.astype(np.uint16), 12)
    raw, begun = header.path.read_bytes(), header.pixel_offset or 0
    generator = np.random.default_rng(1)
    for _ in range(150):
        changed = bytearray(raw)
        for place in generator.integers(begun, len(raw), 3):
            changed[place] = generator.integers(256)
        header.path.write_bytes(bytes(changed))
        try:
            next(decode(header, [0]))
        except UnreadableInput as error:
            assert error.code in {"truncated", "damaged"}


def test_what_is_not_as_it_should_be_is_left_to_others(tmp_path: Path) -> None:
    header = compressed(tmp_path / "a.dcm", "1.2.840.10008.1.2.4.70", VALUES.astype(np.uint16))
    stream = single_stream(header)
    assert stream is not None
    assert frame_by_gdcm(stream, replace(header, rows=41)) is None
    assert frame_by_gdcm(stream, replace(header, bits_allocated=8, bits_stored=8)) is None
    assert frame_by_gdcm(stream, replace(header, syntax="1.2.840.10008.1.2.4.51")) is None
    assert frame_by_gdcm(b"\xff\xd8no picture", header) is None
    header.path.write_bytes(header.path.read_bytes()[:-200])
    assert single_stream(header) is None
    with pytest.raises(UnreadableInput):
        next(decode(header, [0]))


def test_a_hundred_frames_take_no_more_memory_than_one(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    header = compressed(tmp_path / "a.dcm", "1.2.840.10008.1.2.4.70", np.tile(VALUES, (12, 10)).astype(np.uint16))
    stream = single_stream(header) or b""
    frame_by_gdcm(stream, header)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(100):
        frame_by_gdcm(stream, header)
    # each frame that were kept would take 450 kB
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000
