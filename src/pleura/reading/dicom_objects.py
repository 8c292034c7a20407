"""Which DICOM objects are chest CT, and the reason in plain words for each that is not."""

from __future__ import annotations

from pleura.errors import PleuraError, UnreadableInput, UnsuitableInput
from pleura.reading.dicom_headers import Header

ENHANCED = frozenset({"1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"})
"""SOP classes of CT with many frames a file: Enhanced CT and Legacy Converted Enhanced CT."""
CT_CLASSES = ENHANCED | {"1.2.840.10008.5.1.4.1.1.2"}
_RADIOGRAPHS = frozenset({"CR", "DX", "RG"})
_NAMES_TO_COME = {"1.2.840.10008.5.1.4.1.1.66.7": "Label Map Segmentation"}
_NOT_HU = frozenset({"PERFUSION", "RCBF", "RCBV", "MTT", "TTP"})
_HU_TYPES = frozenset({"", "HU", "HU_MOD", "US", "UNSPECIFIED"})

# fmt: off
ELSEWHERE = frozenset({
    "HEAD", "BRAIN", "SKULL", "ORBIT", "SINUS", "EAR", "IAC", "JAW", "MAXILLA", "MANDIBLE", "FACE",
    "TEMPORALBONE", "EXTREMITY", "HIP", "LEG", "THIGH", "FEMUR", "KNEE", "CALF", "ANKLE", "FOOT", "TOE", "ARM",
    "HUMERUS", "ELBOW", "FOREARM", "WRIST", "HAND", "FINGER",
})
# fmt: on
"""Body parts that hold no lung. ABDOMEN, NECK, PELVIS are not here: protocols are often reused without renaming."""


def objection(header: Header) -> PleuraError | None:
    """Return why a DICOM object cannot be read as CT slices, or None."""
    for check in (_kind, _picture, _values, _place):
        found = check(header)
        if found is not None:
            return found
    return None


def _kind(header: Header) -> PleuraError | None:
    if header.modality in _RADIOGRAPHS:
        return UnsuitableInput("this is a radiograph; radiographs are not segmented yet", code="radiograph")
    if header.sop_class and header.sop_class not in CT_CLASSES:
        name = class_name(header.sop_class)
        if "Secondary Capture" in name:
            return UnsuitableInput(f"{name}: a picture of a screen or sheet, not a CT image", code="secondary-capture")
        code = "wrong-modality" if "Image" in name else "not-an-image"
        return UnsuitableInput(f"the kind of object is {name}, not CT Image", code=code)
    if header.modality not in {"CT", ""}:
        return UnsuitableInput(f"the modality is {header.modality}, not CT", code="wrong-modality")
    if not header.sop_class and not header.modality:
        return UnsuitableInput("no SOP class and no modality: this DICOM object is not an image", code="not-an-image")
    return None


def _picture(header: Header) -> PleuraError | None:
    if header.pixel_offset is None:
        return UnreadableInput("the file holds no pixel data", code="no-pixel-data")
    if header.rows < 1 or header.columns < 1:
        return UnreadableInput("Rows or Columns are missing", code="damaged")
    if header.samples != 1 or not header.photometric.startswith("MONOCHROME"):
        return UnsuitableInput(f"colour pixels ({header.photometric}) are not CT numbers", code="colour")
    if header.photometric == "MONOCHROME1":
        return UnsuitableInput("the grey scale is inverted (MONOCHROME1), which CT never is", code="not-hu")
    if header.bits_allocated not in {8, 16} or not 0 < header.bits_stored <= header.bits_allocated:
        stated = f"{header.bits_stored} of {header.bits_allocated} bits"
        return UnsuitableInput(f"pixels of {stated} are not supported", code="unsupported-pixels")
    if header.high_bit != header.bits_stored - 1:
        return UnsuitableInput("the pixel bits are not stored at the low end", code="unsupported-pixels")
    return None


def _values(header: Header) -> PleuraError | None:
    if header.is_localizer:
        return UnsuitableInput("this is a localizer (overview picture), not a CT slice", code="localizer")
    if _NOT_HU.intersection(header.image_type):
        return UnsuitableInput("this is a perfusion map; its values are not Hounsfield units", code="not-hu")
    if header.rescale_type not in _HU_TYPES:
        return UnsuitableInput(f"values are in {header.rescale_type}, not in Hounsfield units", code="not-hu")
    return None


def _place(header: Header) -> PleuraError | None:
    if header.body_part.replace(" ", "") in ELSEWHERE:
        return UnsuitableInput(f"the body part examined is {header.body_part}, not the chest", code="not-a-chest")
    return None


def class_name(uid: str) -> str:
    """Return the registered name of a SOP class or transfer syntax, or "unknown"."""
    from pydicom.config import IGNORE
    from pydicom.uid import UID

    name = _NAMES_TO_COME.get(uid) or UID(uid, validation_mode=IGNORE).name
    return "unknown" if not uid or name == uid else name.removesuffix(" Storage")
