"""The slices of one CT series as a volume: geometry, pixels, values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnsuitableInput
from pleura.reading.dicom.assemble import read_stack
from pleura.reading.dicom.frames import Frame
from pleura.reading.dicom.geometry import group_by_position, stack
from pleura.reading.dicom.pixels import same_pixels
from pleura.reading.dicom.rescale import correct_series, correct_slices
from pleura.reading.dicom.series import Series
from pleura.reading.dicom.source import dicom_source
from pleura.reading.intensity import AIR
from pleura.reading.limits import check_size
from pleura.reading.padding import set_to_air
from pleura.text import quantity
from pleura.volume import Acquisition, Identity, Kind, Note, Volume


def read_ct(series: Series, kind: Kind | None) -> Volume:
    """Read the slices of one series.

    Parameters
    ----------
    kind : Kind.HU to take the values as they are; None to judge them

    Raises
    ------
    UnsuitableInput : the slices do not make one regular stack, or their values are not Hounsfield units
    UnreadableInput : pixel data are cut short or damaged
    """
    frames, duplicate_notes = drop_duplicates(group_by_position(series.frames))
    stacked = stack(frames)
    header = frames[0].header
    shape = (len(stacked.frames), header.rows, header.columns)
    check_size(shape, 2, sum(path.stat().st_size for path in {frame.header.path for frame in frames}))
    voxels = np.empty(shape, np.int16)
    read_stack(stacked.frames, voxels)
    hu_notes = _in_hu(voxels, stacked.frames, kind)
    identity = Identity(
        format="dicom",
        study_uid=header.study_uid,
        series_uid=header.series_uid,
        frame_of_reference_uid=header.frame_of_reference_uid,
        instance_uids=tuple(frame.instance_uid if frame else "" for frame in stacked.frames),
    )
    return Volume(
        voxels,
        stacked.affine,
        spacing_known=stacked.spacing_known,
        identity=identity,
        notes=(*duplicate_notes, *stacked.notes, *_header_notes(frames), *hu_notes),
        source=dicom_source(stacked.frames),
        acquisition=_acquisition(frames),
    )


def _acquisition(frames: Sequence[Frame]) -> Acquisition:
    header = frames[0].header
    thickest = max((frame.thickness for frame in frames if frame.thickness), default=None)
    return Acquisition(header.kernel, header.contrast, thickest, header.expiration)


def drop_duplicates(groups: list[list[Frame]]) -> tuple[list[Frame], tuple[Note, ...]]:
    """Keep one frame a position; frames at one position have to be equal."""
    repeated = [group for group in groups if len(group) > 1]
    for group in repeated:
        if not same_pixels(group):
            if len(groups) == 1:
                raise UnsuitableInput(
                    f"all {len(group)} slices state the same position, so that their order is unknown;"
                    " export the series again from the archive",
                    code="doubled-slices",
                )
            where = ", ".join(f"{value:.1f}" for value in group[0].position or ())
            raise UnsuitableInput(
                f"{len(repeated)} positions hold several different slices (the first is {where} mm);"
                " keep one scan in the folder",
                code="doubled-slices",
            )
    text = f"{quantity(len(repeated), 'slice was', 'slices were')} there twice and equal; one was kept"
    return [group[0] for group in groups], (Note("doubled-slices", text),) if repeated else ()


def _header_notes(frames: Sequence[Frame]) -> list[Note]:
    notes = []
    if any(frame.header.lossy for frame in frames):
        notes.append(Note("lossy-compression", "the pictures were compressed with loss"))
    if any(not frame.header.modality for frame in frames):
        notes.append(Note("modality-missing", "the modality is not stated; taken as CT by the kind of object"))
    part = frames[0].header.body_part
    if part and part not in {"CHEST", "THORAX", "LUNG"}:
        notes.append(Note("other-body-part", f"the body part examined is stated as {part}, not CHEST"))
    return notes


def _in_hu(voxels: NDArray[np.int16], frames: Sequence[Frame | None], kind: Kind | None) -> tuple[Note, ...]:
    """Set values to HU, in place, where their rescale does not lead there, and padding to air; say what was done."""
    notes: tuple[Note, ...] = ()
    if kind is not Kind.HU:
        frames, notes = correct_slices(frames, voxels)
        notes = (*notes, *correct_series(frames, voxels))
    return (*notes, *set_to_air(voxels, AIR))
