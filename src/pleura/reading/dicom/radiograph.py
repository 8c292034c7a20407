"""One DICOM radiograph as a volume of one plane: greys, millimetres, and what is said of the view.

References: DICOM PS3.3 sections 10.7.1.3 (pixel spacing), C.8.1.2 (CR image), C.8.11.1 (DX image).
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnsuitableInput
from pleura.geometry import affine_from_spacing
from pleura.reading.colour import without_colour
from pleura.reading.dicom.dataset import quiet_dcmread
from pleura.reading.dicom.decoding import decode
from pleura.reading.dicom.frames import Frame
from pleura.reading.dicom.header import Header
from pleura.reading.dicom.sop_classes import is_colour
from pleura.reading.dicom.source import dicom_source
from pleura.reading.dicom.voi import apply_presentation
from pleura.volume import Affine, Identity, Kind, Note, Volume

if TYPE_CHECKING:
    from pydicom import Dataset

_CHEST = frozenset({"", "CHEST", "THORAX", "LUNG", "LUNGS"})
_OBLIQUE = frozenset({"RLO", "LLO", "RAO", "LAO", "RPO", "LPO"})
_NARROWEST = 200.0
"""Millimetres along the shorter side below which a picture is no grown-up's chest."""
_WAYS = {"L": (1, 0), "R": (-1, 0), "F": (0, 1), "H": (0, -1)}
"""Where a letter of PatientOrientation points in the usual view: columns to the patient's left, rows to the feet."""


def read_radiograph(frame: Frame) -> Volume:
    """Read one frontal chest radiograph.

    Returns
    -------
    Volume : a picture, (1, y, x) uint8 grey, bone bright, of `Kind.RADIOGRAPH`. A projection has no place in the
        patient: the affine counts millimetres along rows and columns, or widths of a pixel where the header has no
        spacing; columns run to the patient's right where the header says that the picture is the mirror image of the
        usual view.

    Raises
    ------
    UnreadableInput : pixel data are cut short or damaged
    UnsuitableInput : a lateral view, no decoder, or nothing in the picture
    """
    header = frame.header
    dataset = _dataset(header)
    if _is_lateral(dataset):
        raise UnsuitableInput("a lateral radiograph; only frontal ones are read", code="lateral-view")
    grey, grey_notes = _presented(header, dataset)
    spacing, spacing_notes = pixel_spacing(dataset)
    affine, side_notes = _affine_with_mirror(header.patient_orientation, *(spacing or _pixel_shape(dataset)))
    identity = Identity(
        format="dicom",
        study_uid=header.study_uid,
        series_uid=header.series_uid,
        frame_of_reference_uid=header.frame_of_reference_uid,
        instance_uids=(frame.instance_uid,),
    )
    return Volume(
        grey[None],
        affine,
        kind=Kind.RADIOGRAPH,
        is_picture=True,
        spacing_known=spacing is not None,
        identity=identity,
        notes=(
            *_header_notes(header, dataset),
            *side_notes,
            *grey_notes,
            *spacing_notes,
            *_size_notes(header, spacing),
        ),
        source=dicom_source([frame]),
    )


def _presented(header: Header, dataset: Dataset) -> tuple[NDArray[np.uint8], tuple[Note, ...]]:
    """Return a radiograph as it is meant to be looked at; one stored in colour, but grey, as its colours show it."""
    if not is_colour(header):
        (stored,) = decode(header, [0])
        return apply_presentation(stored, header, dataset)
    (colours,) = decode(header, [0], colour=True)
    full = 2 ** (8 * colours.itemsize if header.samples == 1 else header.bits_stored) - 1
    grey, notes = without_colour(colours, full)
    if grey.min() == grey.max():
        raise UnsuitableInput(f"all values are {grey.min()}; there is no picture", code="constant")
    return np.rint(grey.astype(np.float64) * (255 / full)).astype(np.uint8), notes


def pixel_spacing(dataset: Dataset) -> tuple[tuple[float, float] | None, tuple[Note, ...]]:
    """Return millimetres between rows and between columns, at the patient where the header allows it, or None.

    PixelSpacing is at the patient where a calibration is named or it differs from the spacing at the detector. The
    latter, divided by the stated magnification, is the next best; a body lies nearer to the source than the detector
    does, so that what is measured without it comes out some 5 to 20 % too large.
    """
    stated = _pair(dataset, "PixelSpacing")
    detector = _pair(dataset, "ImagerPixelSpacing") or _pair(dataset, "NominalScannedPixelSpacing")
    factor = _positive(dataset.get("EstimatedRadiographicMagnificationFactor"))
    if stated and (dataset.get("PixelSpacingCalibrationType") or (detector and detector != stated)):
        return stated, ()
    if detector and factor:
        return (detector[0] / factor, detector[1] / factor), ()
    found = stated or detector
    if found is None:
        return None, (Note("spacing-unknown", "the header states no pixel spacing; distances count pixels"),)
    text = "the pixel spacing may be that at the detector; sizes are then some 5 to 20 % too large"
    return found, (Note("spacing-at-detector", text),)


def _pixel_shape(dataset: Dataset) -> tuple[float, float]:
    """Return the steps between rows and columns in widths of a pixel: pixels of known ratio may have no known size."""
    ratio = _pair(dataset, "PixelAspectRatio")
    return (ratio[0] / ratio[1], 1.0) if ratio else (1.0, 1.0)


def _dataset(header: Header) -> Dataset:
    with quiet_dcmread(header.path, stop_before_pixels=True) as dataset:
        dataset.decode()
    return dataset


def _is_lateral(dataset: Dataset) -> bool:
    """Say whether the coded view is one from the side; a patient who lies on the side is still seen from the front."""
    meanings = (str(item.get("CodeMeaning", "")).lower() for item in dataset.get("ViewCodeSequence") or ())
    return any(re.search(r"\blateral\b", meaning) and "decubitus" not in meaning for meaning in meanings)


def _affine_with_mirror(orientation: str, rows: float, columns: float) -> tuple[Affine, tuple[Note, ...]]:
    """Return the affine for steps between rows and columns, mirrored across the columns where the header says so.

    A picture that is merely turned keeps its affine: which way round it lies is seen from the picture. Mirrored it
    would look like any other.
    """
    affine = affine_from_spacing((1.0, rows, columns))
    across, _, down = orientation.partition("/")
    ways = [_WAYS.get(letters[:1]) for letters in (across, down)]
    if None in ways or np.linalg.det(np.array(ways, np.float64)) >= 0:
        return affine, ()
    affine[:, 2] *= -1
    text = "by its header the picture is stored as a mirror image; right and left follow the header"
    return affine, (Note("stored-mirrored", text),)


def _header_notes(header: Header, dataset: Dataset) -> list[Note]:
    notes = []
    if header.lossy:
        notes.append(Note("lossy-compression", "the picture was compressed with loss"))
    if not header.modality:
        notes.append(Note("modality-missing", "the modality is not stated; a radiograph by the kind of object"))
    if header.body_part not in _CHEST:
        notes.append(Note("other-body-part", f"the body part examined is stated as {header.body_part}, not CHEST"))
    if header.view in _OBLIQUE:
        notes.append(Note("oblique-view", "an oblique view; masks are meant for frontal ones"))
    if str(dataset.get("PresentationIntentType", "")).strip().upper() == "FOR PROCESSING":
        notes.append(Note("for-processing", "a raw picture, not meant to be looked at; its greys may mislead"))
    return notes


def _size_notes(header: Header, spacing: tuple[float, float] | None) -> tuple[Note, ...]:
    if spacing is None:
        return ()
    height, width = header.rows * spacing[0], header.columns * spacing[1]
    if min(height, width) >= _NARROWEST:
        return ()
    text = f"by its spacing the picture is {width:.0f} x {height:.0f} mm, too small for a grown-up; sizes may be wrong"
    return (Note("spacing-doubtful", text),)


def _pair(dataset: Dataset, keyword: str) -> tuple[float, float] | None:
    """Return two numbers above zero, or None."""
    value = dataset.get(keyword)
    if value is None or isinstance(value, str) or not hasattr(value, "__len__") or len(value) != 2:
        return None
    rows, columns = _positive(value[0]), _positive(value[1])
    return (rows, columns) if rows and columns else None


def _positive(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number > 0 else None
