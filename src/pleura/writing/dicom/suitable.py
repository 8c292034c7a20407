"""Whether a DICOM object can be made of a scan at all, asked before the network runs."""

from __future__ import annotations

import numpy as np

from pleura.errors import UnwritableOutput
from pleura.volume import DicomSource, Kind, Volume

_OFF = 0.11
"""Share of a step by which a slice may lie off the volume's grid: the reader lets pass a tenth, and rounds."""


def refuse_unrelated(volume: Volume) -> None:
    """Refuse a scan that a DICOM object cannot refer to.

    Raises
    ------
    UnwritableOutput
        It was not read from DICOM (`not-from-dicom`), or lacks a UID that the object would refer to
        (`source-without-uids`).
    """
    source = volume.source
    if source is None:
        text = f"a DICOM object belongs to the patient and study of a DICOM scan, and this scan is {_origin(volume)}"
        raise UnwritableOutput(f"{text}; write .nii.gz, .nrrd or .mha", code="not-from-dicom")
    slices = [one for one in source.slices if one is not None]
    _refuse_missing(
        StudyInstanceUID=volume.identity.study_uid,
        SeriesInstanceUID=volume.identity.series_uid,
        SOPClassUID=all(one.class_uid for one in slices),
        SOPInstanceUID=all(one.instance_uid for one in slices),
    )
    if len({(one.instance_uid, one.frame) for one in slices}) < len(slices):
        text = "images of the scan share one SOPInstanceUID, so that nothing can refer to one of them"
        raise UnwritableOutput(f"{text}; export the scan again, or write .nii.gz", code="source-without-uids")


def refuse_unsuitable(volume: Volume) -> None:
    """Refuse a scan on which no DICOM object can be placed.

    Raises
    ------
    UnwritableOutput
        As `refuse_unrelated`; or it is a CT whose slices state no position (`source-without-positions`), or is no
        longer on the grid it was read on (`source-changed`).
    """
    refuse_unrelated(volume)
    if volume.kind is not Kind.RADIOGRAPH and volume.source is not None:
        _refuse_missing(FrameOfReferenceUID=volume.identity.frame_of_reference_uid)
        _refuse_unplaced(volume, volume.source)


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
    return (
        "an array"
        if volume.identity.format in {"array", "dicom"}
        else f"a file of another format ({volume.identity.format})"
    )


def _refuse_missing(**uids: str | bool) -> None:
    """Refuse a scan by the name of the first of some UIDs that it lacks."""
    missing = next((name for name, found in uids.items() if not found), None)
    if missing:
        text = f"the scan states no {missing}, without which a DICOM object cannot refer to it; write .nii.gz instead"
        raise UnwritableOutput(text, code="source-without-uids")


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
