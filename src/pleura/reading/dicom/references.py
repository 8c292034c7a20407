"""What a DICOM segmentation or structure set refers to, and whether it belongs to a scan.

References: DICOM PS3.3 sections C.12.4 and C.7.6.16 (SEG: referenced series and images), C.8.8.5 (RTSTRUCT: referenced
frame of reference).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pleura.errors import UnsuitableInput
from pleura.reading.dicom.dataset import quiet_dcmread
from pleura.volume import Identity, Note

if TYPE_CHECKING:
    from pydicom import DataElement, Dataset
    from pydicom.dataelem import RawDataElement

_FRAMES = 0x52009230
"""PerFrameFunctionalGroupsSequence."""


@dataclass(frozen=True)
class References:
    """UIDs that an object names: of its study, and of the series, the images and the frames of reference it is of."""

    study: str
    series: frozenset[str]
    images: frozenset[str]
    frames: frozenset[str]


def read_references(path: Path) -> References:
    """Return what an object refers to.

    Raises
    ------
    UnreadableInput : it is damaged
    """
    with quiet_dcmread(
        path, damaged="the DICOM object is damaged; copy or export it again", stop_before_pixels=True
    ) as dataset:
        return References(
            str(dataset.get("StudyInstanceUID", "")),
            frozenset(_uids(dataset, "SeriesInstanceUID", below=True)),
            frozenset(_uids(dataset, "ReferencedSOPInstanceUID", below=True)),
            frozenset(_uids(dataset, "FrameOfReferenceUID", below=False)),
        )


def belongs(references: References, scan: Identity) -> bool:
    """Say whether an object names the series of a scan, one of its images, or its frame of reference."""
    return (
        scan.series_uid in references.series
        or not references.images.isdisjoint(filter(None, scan.instance_uids))
        or scan.frame_of_reference_uid in references.frames
    )


def refuse_other_scan(references: References, scan: Identity) -> None:
    """Refuse an object of another scan; where either names nothing to go by, its place in the patient has to do.

    Raises
    ------
    UnsuitableInput : its frame of reference is another (`other-frame-of-reference`), or its study (`other-study`)
    """
    if belongs(references, scan):
        return
    if references.frames and scan.frame_of_reference_uid:
        text = "it lies in another frame of reference than the scan, and refers to other images"
        raise UnsuitableInput(f"{text}; give the scan that it was made of", code="other-frame-of-reference")
    if references.study and scan.study_uid and references.study != scan.study_uid:
        text = "it belongs to another study than the scan; give the scan that it was made of"
        raise UnsuitableInput(text, code="other-study")


def notes_of_other_series(references: References, scan: Identity) -> tuple[Note, ...]:
    """Return what is to be said of an object that shares a scan's frame of reference, and names another series."""
    same = scan.series_uid in references.series or not references.images.isdisjoint(filter(None, scan.instance_uids))
    if same or not scan.series_uid or not (references.series or references.images):
        return ()
    text = "it was made of another series in the same frame of reference"
    return (Note("other-series", f"{text}: another reconstruction fits, another phase or breath does not; look"),)


def _uids(dataset: Dataset, keyword: str, *, below: bool) -> Iterator[str]:
    """Yield the values of a keyword in the sequences of a data set, and at its top level unless `below`."""
    if not below and dataset.get(keyword):
        yield str(dataset[keyword].value)
    listed = "ReferencedSeriesSequence" in dataset  # what the frames refer to, one by one, is all listed there
    for tag in tuple(dataset.keys()):  # whose values pydicom converts when they are asked for, contours in a second
        if not (listed and tag == _FRAMES) and _is_sequence(dataset.get_item(tag)):
            for item in dataset[tag].value:
                yield from _uids(item, keyword, below=False)


def _is_sequence(element: DataElement | RawDataElement) -> bool:
    from pydicom.datadict import dictionary_has_tag, dictionary_VR

    stated = element.VR
    return bool((stated or (dictionary_has_tag(element.tag) and dictionary_VR(element.tag))) == "SQ")
