"""The modules that all our DICOM objects share: whose they are, where they belong, and what made them.

Patient, study and frame of reference are those of the scan, as its header states them, in its own character set;
nothing is added to them, and private elements are left behind.

References: DICOM PS3.3 sections C.7.1 (patient), C.7.2 (study), C.7.3 (series), C.7.4 (frame of reference), C.7.5
(equipment), C.12.1 (SOP common).
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from pleura import __version__
from pleura.reading.dicom.dataset import quiet_pydicom
from pleura.segmentation import Segmentation
from pleura.writing.dicom.copied_elements import COPIED, REQUIRED, REQUIRED_IN_TRIALS
from pleura.writing.dicom.source import source_header
from pleura.writing.dicom.uids import instance_uid, series_uid

if TYPE_CHECKING:
    from pydicom import DataElement, Dataset

_NO_DATE, _NO_TIME = "19000101", "000000"
"""What stands where an object has to state when it was made and the scan states no time: no clock is asked."""
_DATE, _TIME = re.compile(r"\d{8}"), re.compile(r"\d{2,6}(\.\d{1,6})?")
_MOST_DIGITS = 9
"""Digits of a series number that ours may be appended to: an integer string ends at 2^31 - 1 (PS3.5 section 6.2)."""


@dataclass(frozen=True)
class ObjectKind:
    """A kind of DICOM object that is made of a segmentation.

    Attributes
    ----------
    format_name : the name of its format, as `write` takes it
    sop_class : the UID of its storage class
    modality : what its series states
    number : of the series, appended to that of the scan's, so that both stand together in a list
    description : what viewers show, before the name of the model
    """

    format_name: str
    sop_class: str
    modality: str
    number: int
    description: str


def new_object(segmentation: Segmentation, kind: ObjectKind, digest: str, *options: str) -> Dataset:
    """Return an object of the scan's patient and study that states what made it; its content is to be added.

    Parameters
    ----------
    digest : a hash of the content
    options : those of the format that were asked for
    """
    with quiet_pydicom():
        header = source_header(segmentation.volume)
        dataset = patient_and_study(header)
        dataset.SOPClassUID = kind.sop_class
        dataset.SeriesInstanceUID = series_uid(segmentation, kind.format_name, *options)
        dataset.SOPInstanceUID = instance_uid(dataset.SeriesInstanceUID, digest)
        _set_series(dataset, header, segmentation, kind)
        _set_equipment(dataset, segmentation)
    return dataset


def patient_and_study(header: Dataset) -> Dataset:
    """Return what a header says of patient, study and frame of reference, without private elements."""
    from pydicom import Dataset

    dataset = Dataset()
    for keyword in COPIED:
        element = _readable(header, keyword)
        if element is not None and not element.is_empty and _has_whole_codes(element):
            dataset.add(deepcopy(element))
    in_trials = [required for of_module, required in REQUIRED_IN_TRIALS if any(key in dataset for key in of_module)]
    for keyword in (*REQUIRED, *chain.from_iterable(in_trials)):
        if keyword not in dataset:
            setattr(dataset, keyword, None)
    dataset.remove_private_tags()
    for element in dataset.iterall():
        element.is_undefined_length = False  # all lengths are stated, so that a file that was cut short is known
        for item in element.value if element.VR == "SQ" else ():
            item.is_undefined_length_sequence_item = False
    return dataset


def content_time(header: Dataset) -> tuple[str, str]:
    """Return the date and time that an object made of a scan states: those of the scan, never those of the day.

    Where the scan has none, 1 January 1900, midnight, in objects that have to state one.
    """
    for event in ("Content", "Acquisition", "Series", "Study"):
        date, time = (str(header.get(f"{event}{part}") or "").strip() for part in ("Date", "Time"))
        if _DATE.fullmatch(date):
            return date, time if _TIME.fullmatch(time) else _NO_TIME
    return _NO_DATE, _NO_TIME


def set_loss(dataset: Dataset, header: Dataset) -> None:
    """Say whether the scan was ever compressed with loss, where it says how; what we add is not."""
    stated = [header.get(f"LossyImageCompression{part}") for part in ("", "Ratio", "Method")]
    if stated[0] == "01" and all(stated):
        dataset.LossyImageCompression, dataset.LossyImageCompressionRatio = stated[:2]
        dataset.LossyImageCompressionMethod = stated[2]
    else:
        dataset.LossyImageCompression = "00"


def model_of(segmentation: Segmentation) -> tuple[str, str, str]:
    """Return name, version and hash of the model that made a mask, "unknown" for what is not known."""
    model = segmentation.provenance.get("model") or {}
    name, version, sha256 = (str(model.get(key) or "unknown") for key in ("name", "version", "sha256"))
    return name, version, sha256


def maker_of(segmentation: Segmentation) -> str:
    """Return who marked a mask, in words: the model and its version, or that it was read and names none."""
    if "model" not in segmentation.provenance:
        return "a mask that was read"
    name, version, _ = model_of(segmentation)
    return f"{name} {version}"[:64]


def _readable(header: Dataset, keyword: str) -> DataElement | None:
    """Return an element, or None where there is none that can be read."""
    try:
        return header[keyword]
    except KeyError:
        return None
    except Exception:  # pydicom raises anything on values that are damaged
        return None


def _has_whole_codes(element: DataElement) -> bool:
    """Say whether no item of a sequence is a code that lacks its scheme or its meaning."""
    needed = {"CodingSchemeDesignator", "CodeMeaning"}
    items = element.value if element.VR == "SQ" else ()
    return all("CodeValue" not in item or all(key in item for key in needed) for item in items)


def _set_series(dataset: Dataset, header: Dataset, segmentation: Segmentation, kind: ObjectKind) -> None:
    number = str(header.get("SeriesNumber") or "0").strip()
    dataset.Modality = kind.modality
    dataset.SeriesNumber = f"{number if number.isdecimal() and len(number) < _MOST_DIGITS else 0}{kind.number:02}"
    made_by = f", {maker_of(segmentation)}" if "model" in segmentation.provenance else ""
    dataset.SeriesDescription = f"{kind.description}{made_by}"[:64]


def _set_equipment(dataset: Dataset, segmentation: Segmentation) -> None:
    """Name program and model; the hash of the model stands where a machine has its serial number.

    Of a mask that was read there the hash of its file is all that is known.
    """
    source = segmentation.provenance.get("source") or {}
    sha256 = model_of(segmentation)[2] if "model" in segmentation.provenance else str(source.get("sha256") or "unknown")
    dataset.Manufacturer = "pleura"
    dataset.ManufacturerModelName = maker_of(segmentation)
    dataset.DeviceSerialNumber = sha256[:64]
    dataset.SoftwareVersions = __version__
