"""Which DICOM objects are chest CT or chest radiographs, and the reason in plain words for each that is neither."""

from __future__ import annotations

from pleura.errors import PleuraError, UnreadableInput, UnsuitableInput
from pleura.reading.dicom.header import Header

ENHANCED = frozenset({"1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"})
"""SOP classes of CT with many frames a file: Enhanced CT and Legacy Converted Enhanced CT."""
SEGMENTATIONS = frozenset({"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"})
"""SOP classes of masks: Segmentation and Label Map Segmentation."""
STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
"""SOP class of contours: RT Structure Set."""
CT_CLASSES = ENHANCED | {"1.2.840.10008.5.1.4.1.1.2"}
_RADIOGRAPHS = frozenset({"CR", "DX", "RG"})
MODALITIES = _RADIOGRAPHS | {"CT"}
"""Of series that hold what can be segmented."""
_CR_CLASS = "1.2.840.10008.5.1.4.1.1.1"
_RADIOGRAPH_CLASSES = frozenset({_CR_CLASS, f"{_CR_CLASS}.1", f"{_CR_CLASS}.1.1"})
"""Computed Radiography, Digital X-Ray for presentation and for processing."""
_NAMES_TO_COME = {"1.2.840.10008.5.1.4.1.1.66.7": "Label Map Segmentation"}
_NOT_HU = frozenset({"PERFUSION", "RCBF", "RCBV", "MTT", "TTP"})
_OTHER_UNITS = frozenset({"OD", "MGML", "Z_EFF", "ED", "EDW", "PCT"})
"""Defined terms of Rescale Type for what is not Hounsfield units; other words are judged by the values."""

# fmt: off
ELSEWHERE = frozenset({
    "HEAD", "BRAIN", "SKULL", "ORBIT", "SINUS", "EAR", "IAC", "JAW", "MAXILLA", "MANDIBLE", "FACE",
    "TEMPORALBONE", "EXTREMITY", "HIP", "LEG", "THIGH", "FEMUR", "KNEE", "CALF", "ANKLE", "FOOT", "TOE", "ARM",
    "HUMERUS", "ELBOW", "FOREARM", "WRIST", "HAND", "FINGER",
})
"""Body parts that hold no lung. ABDOMEN, NECK, PELVIS are not here: protocols are often reused without renaming."""

_NOT_THORAX = ELSEWHERE | {
    "ABDOMEN", "PELVIS", "NECK", "CSPINE", "LSPINE", "SSPINE", "COCCYX", "SHOULDER", "CLAVICLE", "BREAST", "HEEL",
}
"""Body parts that a radiograph is not a chest radiograph of; nobody reuses a protocol there without renaming."""
# fmt: on


def is_hounsfield(rescale_type: str) -> bool:
    """Say whether a Rescale Type means Hounsfield units, in any spelling, or nothing (US is "unspecified")."""
    word = "".join(letter for letter in rescale_type.upper() if letter.isalpha())
    return word in {"", "HU", "HUMOD", "US", "UNSPECIFIED", "UNKNOWN", "NONE"} or ("OUN" in word and word[0] == "H")


def is_radiograph(header: Header) -> bool:
    """Say whether an object is a radiograph: by its modality, or by the kind of object where no modality is stated."""
    if not header.modality:
        return header.sop_class in _RADIOGRAPH_CLASSES
    return header.modality in _RADIOGRAPHS and header.sop_class not in CT_CLASSES


def is_colour(header: Header) -> bool:
    """Say whether pixels are stored as colours that may all be grey, as viewers export radiographs."""
    if header.photometric == "PALETTE COLOR":
        return header.samples == 1
    return header.samples == 3 and header.photometric.startswith(("RGB", "YBR_"))


def rejection(header: Header) -> PleuraError | None:
    """Return why a DICOM object cannot be read as CT slices or as a frontal chest radiograph, or None."""
    ct, radiograph = (_kind, _picture, _values, _body_part), (_radiograph_kind, _pixels, _body_part, _view)
    for check in radiograph if is_radiograph(header) else ct:
        found = check(header)
        if found is not None:
            return found
    return None


def _kind(header: Header) -> PleuraError | None:
    if header.sop_class and header.sop_class not in CT_CLASSES:
        name = class_name(header.sop_class)
        if "Secondary Capture" in name:
            return UnsuitableInput(
                f"{name}: a picture of a screen or sheet, not a CT image; give the CT series", code="secondary-capture"
            )
        code = "wrong-modality" if "Image" in name else "not-an-image"
        return UnsuitableInput(f"the kind of object is {name}, not CT Image; give the CT series", code=code)
    if header.modality not in {"CT", ""}:
        return UnsuitableInput(f"the modality is {header.modality}, not CT; give the CT series", code="wrong-modality")
    if not header.sop_class and not header.modality:
        return UnsuitableInput(
            "no SOP class and no modality: this DICOM object is not an image; give the CT series", code="not-an-image"
        )
    return None


def _picture(header: Header) -> PleuraError | None:
    found = _pixels(header)
    if found is None and header.photometric == "MONOCHROME1":
        return UnsuitableInput(
            "the grey scale is inverted (MONOCHROME1), which CT never is; export the CT series itself", code="not-hu"
        )
    return found


def _pixels(header: Header) -> PleuraError | None:
    if header.pixel_offset is None:
        return UnreadableInput(
            "the file holds no pixel data; export the images, not their headers", code="no-pixel-data"
        )
    if header.rows < 1 or header.columns < 1:
        return UnreadableInput("Rows or Columns are missing; export the file again", code="damaged")
    if not (is_radiograph(header) and is_colour(header)) and (
        header.samples != 1 or not header.photometric.startswith("MONOCHROME")
    ):
        return UnsuitableInput(
            f"colour pixels ({header.photometric}) are not a scan's values; give the CT series, or save it as grey",
            code="colour",
        )
    if header.bits_allocated not in {8, 16} or not 0 < header.bits_stored <= header.bits_allocated:
        stated = f"{header.bits_stored} of {header.bits_allocated} bits"
        return UnsuitableInput(
            f"pixels of {stated} are not supported; export the series in 16 bits", code="unsupported-pixels"
        )
    if header.high_bit != header.bits_stored - 1:
        return UnsuitableInput(
            "the pixel bits are not stored at the low end; export the series again", code="unsupported-pixels"
        )
    return None


def _values(header: Header) -> PleuraError | None:
    if header.is_localizer:
        return UnsuitableInput(
            "this is a localizer (overview picture), not a CT slice; give the axial series", code="localizer"
        )
    if _NOT_HU.intersection(header.image_type):
        return UnsuitableInput(
            "this is a perfusion map; its values are not Hounsfield units; give the CT series", code="not-hu"
        )
    if header.rescale_type.strip() in _OTHER_UNITS:
        return UnsuitableInput(
            f"values are in {header.rescale_type}, not in Hounsfield units; give the CT series", code="not-hu"
        )
    return None


def _body_part(header: Header) -> PleuraError | None:
    elsewhere = _NOT_THORAX if is_radiograph(header) else ELSEWHERE
    if header.body_part.replace(" ", "") in elsewhere:
        return UnsuitableInput(
            f"the body part examined is {header.body_part}, not the chest; give a scan of the chest", code="not-a-chest"
        )
    return None


def _radiograph_kind(header: Header) -> PleuraError | None:
    name = class_name(header.sop_class)
    if header.sop_class and header.sop_class not in _RADIOGRAPH_CLASSES and "Secondary Capture" not in name:
        return UnsuitableInput(
            f"the kind of object is {name}, not a radiograph; give the radiograph itself", code="not-an-image"
        )
    if header.frame_count > 1:
        return UnsuitableInput(f"{header.frame_count} frames; give one radiograph a file", code="several-pages")
    return None


def _view(header: Header) -> PleuraError | None:
    """Refuse a view from the side: as stated, or because rows run from front to back."""
    if header.view in {"LL", "RL"} or header.view.startswith("LAT") or header.patient_orientation[:1] in {"A", "P"}:
        return UnsuitableInput("a lateral radiograph; only frontal ones are read", code="lateral-view")
    return None


def class_name(uid: str) -> str:
    """Return the registered name of a SOP class or transfer syntax, or "unknown"."""
    from pydicom.config import IGNORE
    from pydicom.uid import UID

    name = _NAMES_TO_COME.get(uid) or UID(uid, validation_mode=IGNORE).name
    return "unknown" if not uid or name == uid else name.removesuffix(" Storage")
