"""What one DICOM file says of itself as a whole, as typed values."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pleura.errors import UnreadableInput
from pleura.reading.dicom.dataset import quiet_pydicom
from pleura.reading.dicom.elements import EXPLICIT_BIG, Elements

_LOSSY = frozenset({"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"})
"""JPEG Baseline and Extended; of the other syntaxes only LossyImageCompression tells."""


@dataclass(frozen=True)
class Header:
    """What one file says of all its planes.

    Attributes
    ----------
    patient : a hash of PatientID, to tell patients apart and neither to be shown nor written; empty where there is none
    description : free text, to be shown and never to be written
    contrast : whether a contrast agent was given; None where nothing is said of it
    expiration : True where the description says that the patient breathed out
    """

    path: Path
    sop_class: str
    modality: str
    image_type: tuple[str, ...]
    body_part: str
    view: str
    patient_orientation: str
    patient: str = field(repr=False)
    description: str
    kernel: str
    contrast: bool | None
    expiration: bool
    study_uid: str
    series_uid: str
    frame_of_reference_uid: str
    acquisition: str
    rows: int
    columns: int
    samples: int
    photometric: str
    frame_count: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    rescale_type: str
    lossy: bool
    syntax: str
    pixel_offset: int | None
    pixel_length: int

    @property
    def byte_order(self) -> str:
        """Byte order of native pixels, as NumPy writes it."""
        return ">" if self.syntax == EXPLICIT_BIG else "<"

    @property
    def is_localizer(self) -> bool:
        """True for the overview picture that a scan is planned on."""
        return "LOCALIZER" in self.image_type


def parse_header(path: Path, elements: Elements) -> Header:
    """Return the header of the file at `path`.

    Raises
    ------
    UnreadableInput : a count is not a whole number
    """
    values = elements.values
    return Header(
        path=path,
        sop_class=values.get("SOPClassUID", ""),
        modality=_word(values, "Modality").upper(),
        image_type=tuple(part.strip().upper() for part in values.get("ImageType", "").split("\\")),
        body_part=_word(values, "BodyPartExamined").upper(),
        view=_word(values, "ViewPosition").upper(),
        patient_orientation=_word(values, "PatientOrientation").upper(),
        patient=_patient(values),
        description=_description(values),
        kernel=_word(values, "ConvolutionKernel"),
        contrast=states_contrast(values.get("ContrastBolusAgent", "")),
        expiration=bool(_EXPIRATION.search(_description(values))),
        study_uid=values.get("StudyInstanceUID", ""),
        series_uid=values.get("SeriesInstanceUID", ""),
        frame_of_reference_uid=values.get("FrameOfReferenceUID", ""),
        acquisition=values.get("AcquisitionNumber", ""),
        rows=_count(values, "Rows"),
        columns=_count(values, "Columns"),
        samples=_count(values, "SamplesPerPixel", default=1),
        photometric=_word(values, "PhotometricInterpretation"),
        frame_count=_count(values, "NumberOfFrames", default=1),
        bits_allocated=_count(values, "BitsAllocated"),
        bits_stored=_count(values, "BitsStored"),
        high_bit=_count(values, "HighBit", default=_count(values, "BitsStored") - 1),
        signed=values.get("PixelRepresentation", "0") == "1",
        rescale_type=_word(values, "RescaleType").upper(),
        lossy=values.get("LossyImageCompression", "") == "01" or values.get("TransferSyntaxUID", "") in _LOSSY,
        syntax=values.get("TransferSyntaxUID", ""),
        pixel_offset=elements.pixel_offset,
        pixel_length=elements.pixel_length,
    )


def _word(values: Mapping[str, str], keyword: str) -> str:
    return one_line(values.get(keyword, ""))


def one_line(text: str) -> str:
    """Return a text that may be shown: on one line, without control characters, of 64 letters at most."""
    return "".join(letter for letter in text.replace("\\", "/") if letter.isprintable())[:64]


def _patient(values: Mapping[str, str]) -> str:
    stated = values.get("PatientID", "")
    return hashlib.sha256(stated.encode()).hexdigest() if stated else ""


def _description(values: Mapping[str, str]) -> str:
    """Return the description of the series in the letters that the file states."""
    text = values.get("SeriesDescription", "")
    if not text.isascii():
        from pydicom.charset import convert_encodings, decode_bytes

        with suppress(LookupError, UnicodeEncodeError, ValueError), quiet_pydicom():
            encodings = convert_encodings(values.get("SpecificCharacterSet", "").split("\\"))
            text = decode_bytes(text.encode("latin-1"), encodings, set())
    return one_line(text)


_EXPIRATION = re.compile(r"(?<![a-z])(exp|expir[a-z]*|exspir[a-z]*)(?![a-z])", re.IGNORECASE)
"""Words by which descriptions of series name expiration, also in German, French, Spanish and Italian."""
_NO_CONTRAST = re.compile(r"no|none|non|without|nativ.*|-+|0|n/?a", re.IGNORECASE)
"""What is entered for the agent where there was none."""


def states_contrast(agent: str) -> bool | None:
    """Return whether the agent that a header names is one; None where it names nothing."""
    return None if not agent.strip() else not _NO_CONTRAST.fullmatch(agent.strip())


_MOST_DIGITS = 12
"""Those of an integer string (PS3.5 section 6.2)."""


def _count(values: Mapping[str, str], keyword: str, default: int = 0) -> int:
    text = values.get(keyword, "").removeprefix("+")
    if not text:
        return default
    if not text.isdecimal() or not text.isascii() or len(text) > _MOST_DIGITS:
        raise UnreadableInput(f"{keyword} is not a whole number that can be; export the file again", code="damaged")
    return int(text)
