"""A DICOM file as the planes it holds: one for a classic slice, many for an enhanced multi-frame object.

Everything downstream (grouping, geometry, pixels) speaks in `Frame`s and does not care which of the two they came from.

References: DICOM PS3.3 sections C.7.6.2 (image plane), C.7.6.16 (multi-frame functional groups), C.8.2.1 (CT image).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pleura.errors import UnreadableInput
from pleura.reading.dicom_elements import EXPLICIT_BIG, Elements, read_elements


@dataclass(frozen=True)
class Header:
    """What one file says of all its planes."""

    path: Path
    sop_class: str
    modality: str
    image_type: tuple[str, ...]
    body_part: str
    kernel: str
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


@dataclass(frozen=True)
class Frame:
    """One plane.

    Attributes
    ----------
    index : number of the plane in its file, from 0
    position : (x, y, z) millimetres LPS of the centre of the first pixel, or None
    orientation : direction of growing columns, then of growing rows (unit vectors, LPS), or None
    spacing : millimetres between rows, then between columns, or None
    thickness : millimetres, or None; never used as the distance between slices
    slope, intercept : rescale to HU, or None where the file has none
    """

    header: Header
    index: int
    instance_uid: str
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, ...] | None
    thickness: float | None
    slope: float | None
    intercept: float | None


def read_frames(path: Path) -> list[Frame]:
    """Read the planes of one DICOM file without their pixels.

    Raises
    ------
    UnreadableInput : the file is not DICOM or its header is damaged
    """
    elements = read_elements(path)
    header = _header(path, elements)
    if header.frame_count > 1 or header.sop_class in _ENHANCED:
        return _multiframe(header)
    values = elements.values
    return [
        Frame(
            header=header,
            index=0,
            instance_uid=values.get("SOPInstanceUID", ""),
            position=_numbers(values, "ImagePositionPatient", 3),
            orientation=_numbers(values, "ImageOrientationPatient", 6),
            spacing=_spacing(_numbers(values, "PixelSpacing", 2)),
            thickness=_number(values, "SliceThickness"),
            slope=_number(values, "RescaleSlope"),
            intercept=_number(values, "RescaleIntercept"),
        )
    ]


_ENHANCED = frozenset({"1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"})


def _header(path: Path, elements: Elements) -> Header:
    values = elements.values
    return Header(
        path=path,
        sop_class=values.get("SOPClassUID", ""),
        modality=values.get("Modality", "").upper(),
        image_type=tuple(part.strip().upper() for part in values.get("ImageType", "").split("\\")),
        body_part=values.get("BodyPartExamined", "").upper(),
        kernel=values.get("ConvolutionKernel", "").replace("\\", "/"),
        study_uid=values.get("StudyInstanceUID", ""),
        series_uid=values.get("SeriesInstanceUID", ""),
        frame_of_reference_uid=values.get("FrameOfReferenceUID", ""),
        acquisition=values.get("AcquisitionNumber", ""),
        rows=_count(values, "Rows"),
        columns=_count(values, "Columns"),
        samples=_count(values, "SamplesPerPixel", default=1),
        photometric=values.get("PhotometricInterpretation", ""),
        frame_count=_count(values, "NumberOfFrames", default=1),
        bits_allocated=_count(values, "BitsAllocated"),
        bits_stored=_count(values, "BitsStored"),
        high_bit=_count(values, "HighBit", default=_count(values, "BitsStored") - 1),
        signed=values.get("PixelRepresentation", "0") == "1",
        rescale_type=values.get("RescaleType", "").upper(),
        lossy=values.get("LossyImageCompression", "") == "01",
        syntax=values.get("TransferSyntaxUID", ""),
        pixel_offset=elements.pixel_offset,
        pixel_length=elements.pixel_length,
    )


def _count(values: Mapping[str, str], keyword: str, default: int = 0) -> int:
    text = values.get(keyword, "")
    if not text:
        return default
    try:
        return int(text)
    except ValueError as error:
        raise UnreadableInput(f"{keyword} is not a whole number", code="damaged") from error


def _number(values: Mapping[str, str], keyword: str) -> float | None:
    found = _numbers(values, keyword, 1)
    return found[0] if found else None


def _numbers(values: Mapping[str, str], keyword: str, count: int) -> tuple[float, ...] | None:
    """Return `count` finite numbers, or None where the element is absent or empty."""
    text = values.get(keyword, "")
    if not text:
        return None
    try:
        numbers = tuple(float(part) for part in text.split("\\"))
    except ValueError:
        numbers = ()
    if len(numbers) != count or not all(math.isfinite(number) for number in numbers):
        raise UnreadableInput(f"{keyword} does not hold {count} numbers", code="damaged")
    return numbers


def _spacing(spacing: tuple[float, ...] | None) -> tuple[float, ...] | None:
    if spacing and min(spacing) <= 0:
        raise UnreadableInput("PixelSpacing is not above zero", code="damaged")
    return spacing


def _multiframe(header: Header) -> list[Frame]:
    import warnings

    import pydicom

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(header.path, stop_before_pixels=True, force=True)
        shared = _item(dataset, "SharedFunctionalGroupsSequence")
        frames = list(dataset.get("PerFrameFunctionalGroupsSequence") or [])
        if len(frames) != header.frame_count:
            frames = [None] * header.frame_count
        return [_frame(header, index, dataset, shared, own) for index, own in enumerate(frames)]


def _frame(header: Header, index: int, dataset: Any, shared: Any, own: Any) -> Frame:
    """Gather one plane from its own functional groups, else from the shared ones, else from the top level."""

    def find(sequence: str, keyword: str) -> str:
        for group in (_item(own, sequence), _item(shared, sequence), dataset):
            value = group.get(keyword) if group is not None else None
            if value is not None:
                return "\\".join(map(str, value)) if hasattr(value, "__iter__") else str(value)
        return ""

    values = {
        "ImagePositionPatient": find("PlanePositionSequence", "ImagePositionPatient"),
        "ImageOrientationPatient": find("PlaneOrientationSequence", "ImageOrientationPatient"),
        "PixelSpacing": find("PixelMeasuresSequence", "PixelSpacing"),
        "SliceThickness": find("PixelMeasuresSequence", "SliceThickness"),
        "RescaleSlope": find("PixelValueTransformationSequence", "RescaleSlope"),
        "RescaleIntercept": find("PixelValueTransformationSequence", "RescaleIntercept"),
    }
    return Frame(
        header=header,
        index=index,
        instance_uid=str(dataset.get("SOPInstanceUID", "")),
        position=_numbers(values, "ImagePositionPatient", 3),
        orientation=_numbers(values, "ImageOrientationPatient", 6),
        spacing=_spacing(_numbers(values, "PixelSpacing", 2)),
        thickness=_number(values, "SliceThickness"),
        slope=_number(values, "RescaleSlope"),
        intercept=_number(values, "RescaleIntercept"),
    )


def _item(dataset: Any, sequence: str) -> Any:
    """Return the first item of a sequence, or None."""
    items = dataset.get(sequence) if dataset is not None else None
    return items[0] if items else None
