"""The few DICOM elements that choosing and reading a scan needs, taken from a file's head without parsing the rest.

A series has hundreds of headers and each is read before the first pixel. Walking the elements here costs a tenth of a
millisecond a file and no import; whatever is not a plain Part 10 file (no preamble, deflated, damaged) is handed to
pydicom, and the tests compare the two element by element.

References: DICOM PS3.5 section 7 (encoding of data elements), PS3.10 section 7.1 (file meta information).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pleura.errors import UnreadableInput
from pleura.file_format import begins_as_data_set, has_dicom_preamble
from pleura.reading.dicom.dataset import DEFLATED, quiet_dcmread

WANTED: Mapping[int, str] = {
    0x00020010: "TransferSyntaxUID",
    0x00080005: "SpecificCharacterSet",
    0x00080008: "ImageType",
    0x00080016: "SOPClassUID",
    0x00080018: "SOPInstanceUID",
    0x00080060: "Modality",
    0x0008103E: "SeriesDescription",
    0x00100020: "PatientID",
    0x00180010: "ContrastBolusAgent",
    0x00180015: "BodyPartExamined",
    0x00180050: "SliceThickness",
    0x00181210: "ConvolutionKernel",
    0x00185101: "ViewPosition",
    0x0020000D: "StudyInstanceUID",
    0x0020000E: "SeriesInstanceUID",
    0x00200012: "AcquisitionNumber",
    0x00200020: "PatientOrientation",
    0x00200032: "ImagePositionPatient",
    0x00200037: "ImageOrientationPatient",
    0x00200052: "FrameOfReferenceUID",
    0x00200100: "TemporalPositionIdentifier",
    0x00280002: "SamplesPerPixel",
    0x00280004: "PhotometricInterpretation",
    0x00280008: "NumberOfFrames",
    0x00280010: "Rows",
    0x00280011: "Columns",
    0x00280030: "PixelSpacing",
    0x00280100: "BitsAllocated",
    0x00280101: "BitsStored",
    0x00280102: "HighBit",
    0x00280103: "PixelRepresentation",
    0x00281052: "RescaleIntercept",
    0x00281053: "RescaleSlope",
    0x00281054: "RescaleType",
    0x00282110: "LossyImageCompression",
}
"""Tags and keywords of the elements that are kept. Of PatientID, which is personal, `Header` keeps a hash, of the
contrast agent whether there was one; a description is free text."""

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
NATIVE = frozenset({IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG})
"""Transfer syntaxes whose pixels lie in the file as they are."""

_UNSIGNED_SHORT = frozenset({0x00280002, 0x00280010, 0x00280011, 0x00280100, 0x00280101, 0x00280102, 0x00280103})
_LONG_VR = frozenset({b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UC", b"UR", b"UT", b"UN", b"SV", b"UV"})
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
"""Tags of item, its end, and the end of a sequence (DICOM PS3.5, 7.5)."""
_PIXEL_DATA = 0x7FE00010
_FLOAT_PIXELS = (0x7FE00008, 0x7FE00009)
_HEAD = 1 << 14


@dataclass(frozen=True)
class Elements:
    """What one file says of itself.

    Attributes
    ----------
    values : keyword -> value as text, several values parted by a backslash; absent elements are left out
    pixel_offset : where the pixel data begin in the file; -1 where only pydicom can fetch them, None without pixels
    pixel_length : bytes of pixel data; -1 where it is not stated (encapsulated)
    """

    values: Mapping[str, str]
    pixel_offset: int | None
    pixel_length: int


def read_elements(path: Path) -> Elements:
    """Read the wanted elements of one DICOM file.

    Raises
    ------
    UnreadableInput : the file is empty, is not DICOM, or its header cannot be parsed
    """
    with path.open("rb", buffering=0) as file:
        data = file.read(_HEAD)
        if not has_dicom_preamble(data) and not begins_as_data_set(data):
            raise UnreadableInput("this is not a DICOM file", code="not-dicom")
        for whole in (len(data) < _HEAD, True):
            try:
                return _walk_file(data, whole=whole)
            except _NotPlain:
                break
            except struct.error:
                data += file.read()
    return _by_pydicom(path)


class _NotPlain(Exception):
    """The file is not a plain Part 10 file; pydicom has to read it."""


def _walk_file(data: bytes, *, whole: bool) -> Elements:
    if not has_dicom_preamble(data):
        raise _NotPlain
    meta = _Walk(data, explicit=True, order="<", whole=whole)
    start = meta.run(132, stop=0x00030000)
    syntax = meta.values.get("TransferSyntaxUID", "")
    if not syntax or syntax == DEFLATED:
        raise _NotPlain
    body = _Walk(data, syntax != IMPLICIT_LITTLE, ">" if syntax == EXPLICIT_BIG else "<", whole=whole)
    body.values.update(meta.values)
    body.run(start, stop=_PIXEL_DATA + 1)
    return Elements(body.values, body.pixel_offset, body.pixel_length)


class _Walk:
    """One pass over the elements of a data set; `struct.error` says that `data` ended too soon."""

    def __init__(self, data: bytes, explicit: bool, order: str, *, whole: bool) -> None:
        self.data = data
        self.explicit = explicit
        self.whole = whole
        self.tag_format = struct.Struct(f"{order}HH")
        self.short_format = struct.Struct(f"{order}H")
        self.long_format = struct.Struct(f"{order}L")
        self.values: dict[str, str] = {}
        self.pixel_offset: int | None = None
        self.pixel_length = -1

    def run(self, position: int, *, stop: int) -> int:
        """Walk from `position` to the first tag at or above `stop`; return where that tag begins."""
        while position < len(self.data) or not self.whole:
            if self._tag(position) >= stop:
                break  # before the rest is looked at: what follows the meta header may be coded otherwise
            tag, vr, length, value = self._head(position)
            if tag == _PIXEL_DATA or tag in _FLOAT_PIXELS:
                self.pixel_offset = value
                self.pixel_length = -1 if length == _UNDEFINED else length
                break
            position = self._skip(vr, value) if length == _UNDEFINED else value + length
            if tag in WANTED:
                self.values[WANTED[tag]] = self._text(tag, value, position)
        return position

    def _tag(self, position: int) -> int:
        group, element = self.tag_format.unpack_from(self.data, position)
        return int(group << 16 | element)

    def _head(self, position: int) -> tuple[int, bytes, int, int]:
        """Return tag, VR, length and where the value begins."""
        tag = self._tag(position)
        if not self.explicit or tag >> 16 == 0xFFFE:
            return tag, b"", self.long_format.unpack_from(self.data, position + 4)[0], position + 8
        vr = self.data[position + 4 : position + 6]
        if vr in _LONG_VR:
            return tag, vr, self.long_format.unpack_from(self.data, position + 8)[0], position + 12
        if not vr.isalpha() or not vr.isupper():
            raise _NotPlain
        return tag, vr, self.short_format.unpack_from(self.data, position + 6)[0], position + 8

    def _skip(self, vr: bytes, position: int) -> int:
        """Return where a sequence of undefined length ends."""
        if vr == b"UN":
            raise _NotPlain  # its items are coded implicitly, whatever the file is (PS3.5 section 6.2.2)
        while True:
            tag, _, length, position = self._head(position)
            if tag == _SEQUENCE_END:
                return position
            if tag != _ITEM:
                raise _NotPlain
            position = self._skip_item(position) if length == _UNDEFINED else position + length

    def _skip_item(self, position: int) -> int:
        while True:
            tag, vr, length, position = self._head(position)
            if tag == _ITEM_END:
                return position
            position = self._skip(vr, position) if length == _UNDEFINED else position + length

    def _text(self, tag: int, start: int, end: int) -> str:
        if end > len(self.data):
            raise struct.error
        if tag in _UNSIGNED_SHORT:
            return str(self.short_format.unpack_from(self.data, start)[0]) if end > start else ""
        return self.data[start:end].decode("latin-1").strip(" \0")


def _by_pydicom(path: Path) -> Elements:
    with quiet_dcmread(
        path, damaged="the DICOM header is damaged; copy or export the file again", defer_size=_HEAD
    ) as dataset:
        values = {keyword: as_text(dataset[tag].value) for tag, keyword in WANTED.items() if tag in dataset}
    if not values and "FileMetaInformationVersion" not in dataset.file_meta:
        raise UnreadableInput("this is not a DICOM file", code="not-dicom")
    syntax = dataset.file_meta.get("TransferSyntaxUID", "")
    values["TransferSyntaxUID"] = str(syntax)
    has_pixels = any(tag in dataset for tag in (_PIXEL_DATA, *_FLOAT_PIXELS))
    return Elements(values, -1 if has_pixels else None, -1)


def as_text(value: object) -> str:
    """Return a value as pydicom hands it over in the form of `Elements.values`."""
    if value is None:
        return ""
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "\\".join(str(part).strip(" \0") for part in value)
    return str(value).strip(" \0")
