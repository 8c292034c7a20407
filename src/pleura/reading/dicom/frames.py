"""A DICOM file as the planes it holds: one for a classic slice, many for an enhanced multi-frame object.

Everything downstream (grouping, geometry, pixels) speaks in `Frame`s and does not care which of the two they came from.

References: DICOM PS3.3 sections C.7.6.2 (image plane), C.7.6.16 (multi-frame functional groups), C.8.2.1 (CT image).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pleura.errors import UnreadableInput
from pleura.reading.dicom.dataset import DEFLATED, quiet_dcmread
from pleura.reading.dicom.elements import NATIVE, as_text, read_elements
from pleura.reading.dicom.header import Header, one_line, parse_header
from pleura.reading.dicom.sop_classes import ENHANCED, is_radiograph, rejection
from pleura.reading.limits import check_size
from pleura.text import quantity

if TYPE_CHECKING:
    from pydicom import Dataset


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
    phase : which of several times the plane was scanned at; empty where that is not said
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
    phase: str = ""

    @property
    def is_placed(self) -> bool:
        """False where the header does not say where the plane lies."""
        return self.position is not None and self.orientation is not None

    @property
    def rescale(self) -> tuple[float, float]:
        """Slope and intercept, 1 and 0 where the file has none."""
        return 1.0 if self.slope is None else self.slope, self.intercept or 0.0


_LARGEST_NUMBER = 1e7
"""No number of a plane comes near it, be it a place, a distance or a rescale; sums of such numbers stay exact."""


def read_frames(path: Path) -> list[Frame]:
    """Read the planes of one DICOM file without their pixels.

    Raises
    ------
    UnreadableInput : the file is not DICOM or its header is damaged
    """
    elements = read_elements(path)
    header = parse_header(path, elements)
    if rejection(header) is not None or is_radiograph(header):
        return [_plane(header, 0, {"SOPInstanceUID": elements.values.get("SOPInstanceUID", "")})]
    if header.frame_count > 1 or header.sop_class in ENHANCED:
        _refuse_missing_frames(header)
        return _multiframe(header)
    return [_plane(header, 0, elements.values)]


def _plane(header: Header, index: int, values: Mapping[str, str]) -> Frame:
    return Frame(
        header=header,
        index=index,
        instance_uid=values.get("SOPInstanceUID", ""),
        position=_numbers(values, "ImagePositionPatient", 3),
        orientation=_orientation(_numbers(values, "ImageOrientationPatient", 6)),
        spacing=_spacing(_numbers(values, "PixelSpacing", 2)),
        thickness=_number(values, "SliceThickness"),
        slope=_number(values, "RescaleSlope"),
        intercept=_number(values, "RescaleIntercept"),
        phase=values.get("TemporalPositionIdentifier", "") or values.get("TemporalPositionIndex", ""),
    )


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
    if len(numbers) != count or not all(abs(number) < _LARGEST_NUMBER for number in numbers):
        raise UnreadableInput(
            f"{keyword} does not hold {count} numbers that can be; export the series again", code="damaged"
        )
    return numbers


def _orientation(orientation: tuple[float, ...] | None) -> tuple[float, ...] | None:
    if orientation is None:
        return None
    across, down = orientation[:3], orientation[3:]
    lengths = math.hypot(*across), math.hypot(*down)
    cosine = sum(a * d for a, d in zip(across, down, strict=True)) / max(lengths[0] * lengths[1], 0.25)
    if min(lengths) < 0.5 or abs(cosine) > 0.02:
        raise UnreadableInput(
            "ImageOrientationPatient does not hold two directions at right angles; export the series again",
            code="damaged",
        )
    return tuple(value / lengths[k // 3] for k, value in enumerate(orientation))


def _spacing(spacing: tuple[float, ...] | None) -> tuple[float, ...] | None:
    if spacing and min(spacing) <= 0:
        raise UnreadableInput("PixelSpacing is not above zero; export the series again", code="damaged")
    return spacing


def _refuse_missing_frames(header: Header) -> None:
    """Refuse more frames than the pixel data can hold, before any list of them is made."""
    stored = header.path.stat().st_size if header.pixel_length < 0 else header.pixel_length
    native = header.syntax in NATIVE
    each = header.rows * header.columns * header.samples * header.bits_allocated // 8 if native else _ITEM
    if header.frame_count > _MOST_FRAMES or (header.syntax != DEFLATED and header.frame_count * each > stored):
        text = (
            f"NumberOfFrames is {header.frame_count}, more than the pixel data hold, or than any scan; export it again"
        )
        raise UnreadableInput(text, code="damaged")
    check_size((header.frame_count, header.rows, header.columns), 2, header.path.stat().st_size)


_MOST_FRAMES = 1 << 16
"""Frames of one object: perfusion studies have a few thousand."""
_ITEM = 8
"""Bytes that a compressed frame takes at least: the head of its item."""
_GROUPS = {
    "ImagePositionPatient": "PlanePositionSequence",
    "ImageOrientationPatient": "PlaneOrientationSequence",
    "PixelSpacing": "PixelMeasuresSequence",
    "SliceThickness": "PixelMeasuresSequence",
    "RescaleSlope": "PixelValueTransformationSequence",
    "RescaleIntercept": "PixelValueTransformationSequence",
    "RescaleType": "PixelValueTransformationSequence",
    "TemporalPositionIndex": "FrameContentSequence",
    "ConvolutionKernel": "CTReconstructionSequence",
}
"""The functional group that holds each element of a plane in a multi-frame object."""


def _multiframe(header: Header) -> list[Frame]:
    with quiet_dcmread(header.path, stop_before_pixels=True) as dataset:
        shared = _first(dataset.get("SharedFunctionalGroupsSequence"))
        own = list(dataset.get("PerFrameFunctionalGroupsSequence") or [])
        if len(own) not in {0, header.frame_count}:
            raise UnreadableInput(
                f"{quantity(header.frame_count, 'frame')} but {quantity(len(own), 'position')}; export it again",
                code="damaged",
            )
        planes = [_gathered(group, shared, dataset) for group in own or [None]]
        planes *= header.frame_count // len(planes)
        agents = dataset.get("ContrastBolusAgentSequence")
    header = replace(
        header,
        rescale_type=planes[0]["RescaleType"].upper(),
        kernel=one_line(planes[0]["ConvolutionKernel"]),
        contrast=True if agents else header.contrast,
    )
    return [_plane(header, index, values) for index, values in enumerate(planes)]


def _gathered(own: Dataset | None, shared: Dataset | None, dataset: Dataset) -> Mapping[str, str]:
    """Take each element of a plane from its own functional groups, else the shared ones, else the top level."""
    values = {"SOPInstanceUID": str(dataset.get("SOPInstanceUID", ""))}
    for keyword, sequence in _GROUPS.items():
        groups = [_first(source.get(sequence)) for source in (own, shared) if source is not None]
        found = [group[keyword].value for group in (*groups, dataset) if group is not None and keyword in group]
        values[keyword] = as_text(found[0]) if found else ""
    return values


def _first(items: Sequence[Dataset] | None) -> Dataset | None:
    """Return the first item of a sequence, or None."""
    return items[0] if items else None
