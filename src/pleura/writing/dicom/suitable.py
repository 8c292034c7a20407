"""Whether a DICOM object can be made of a scan at all, asked before the network runs."""

from __future__ import annotations

import numpy as np

from pleura.errors import UnwritableOutput
from pleura.volume import DicomSource, Kind, Volume

_OFF = 0.11
"""Share of a step by which a slice may lie off the volume's grid: the reader lets pass a tenth, and rounds."""


def refuse_unsuitable(volume: Volume) -> None:
    """Refuse a scan of which no DICOM object can be made.

    Raises
    ------
    UnwritableOutput
        It was not read from DICOM (`not-from-dicom`), lacks a UID that the object would refer to
        (`source-without-uids`), is a CT whose slices state no position (`source-without-positions`), or is no longer
        on the grid it was read on (`source-changed`).
    """
    source = volume.source
    if source is None:
        text = f"a DICOM object belongs to the patient and study of a DICOM scan, and this scan is {_origin(volume)}"
        raise UnwritableOutput(f"{text}; write .nii.gz, .nrrd or .mha", code="not-from-dicom")
    missing = _missing_uids(volume, source)
    if missing:
        text = f"the scan states no {missing}, without which a DICOM object cannot refer to it; write .nii.gz instead"
        raise UnwritableOutput(text, code="source-without-uids")
    if volume.kind is not Kind.RADIOGRAPH:
        _refuse_unplaced(volume, source)


def refuse_projection(volume: Volume) -> None:
    """Refuse a scan without a position in the patient, for objects that are drawn in millimetres of the patient.

    Raises
    ------
    UnwritableOutput
        As `refuse_unsuitable`; or it is a radiograph (`no-patient-space`).
    """
    refuse_unsuitable(volume)
    if volume.kind is Kind.RADIOGRAPH:
        text = "a radiograph has no millimetres of the patient to draw contours in; write dicom-seg or .png"
        raise UnwritableOutput(text, code="no-patient-space")


def _origin(volume: Volume) -> str:
    return "an array" if volume.identity.format == "array" else f"a file of another format ({volume.identity.format})"


def _missing_uids(volume: Volume, source: DicomSource) -> str:
    """Return the name of the first UID that is missing, or nothing."""
    identity = volume.identity
    slices = [one for one in source.slices if one is not None]
    needed = {
        "StudyInstanceUID": identity.study_uid,
        "SeriesInstanceUID": identity.series_uid,
        "SOPClassUID": all(one.class_uid for one in slices),
        "SOPInstanceUID": all(one.instance_uid for one in slices),
        "FrameOfReferenceUID": identity.frame_of_reference_uid or volume.kind is Kind.RADIOGRAPH,
    }
    return next((name for name, found in needed.items() if not found), "")


def _refuse_unplaced(volume: Volume, source: DicomSource) -> None:
    """Refuse slices without a position, and positions that are not those of the volume's slices."""
    positions = {k: one.position for k, one in enumerate(source.slices) if one is not None}
    if not all(positions.values()):
        text = "the slices state no position in the patient; write .nii.gz instead"
        raise UnwritableOutput(text, code="source-without-positions")
    on_grid = len(source.slices) == volume.shape[0]
    for k, position in positions.items():
        off = np.linalg.norm((volume.affine @ (k, 0, 0, 1))[:3] - np.array(position))
        on_grid = on_grid and bool(off <= _OFF * volume.spacing[0])
    if not on_grid:
        text = "the volume is not on the grid of the DICOM slices that it was read from; write .nii.gz instead"
        raise UnwritableOutput(text, code="source-changed")
