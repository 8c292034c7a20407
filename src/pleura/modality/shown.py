"""What a picture without a telling header shows, and what follows from it: CT slice, radiograph, or neither."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.errors import PleuraError
from pleura.modality import Decision, decide
from pleura.volume import Kind, Note, Volume

MODALITIES = {"auto": None, "ct": Kind.WINDOWED, "cr": Kind.RADIOGRAPH}
_OF_CT = frozenset({"hu-offset-corrected", "values-hu", "short-coverage"})
"""Notes that are not true of a radiograph."""
_TAKEN = Note("taken-for-radiograph", "by the picture this is a chest radiograph")
_NO_CT = Note("modality-doubtful", "by its header this is a CT slice, but it looks like a chest radiograph")
_NO_CHEST = Note(
    "not-a-chest", "by its header this is a radiograph, but it does not look like a frontal one of a chest"
)


def shown(volume: Volume, modality: str = "auto") -> tuple[Volume, tuple[Note, ...]]:
    """Return the volume with its kind settled, and warnings where that is doubtful.

    Only single pictures and volumes of one slice are in question; `modality` "ct" or "cr" settles what those without a
    header show, "auto" looks at them, and a note says where it is a radiograph. What has CT numbers was looked at when
    it was read. What a header says stays: headers often keep silent on view and body part, and radiographs are stored
    as CT, so the look is for the warning alone.

    Raises `PleuraError` (``unknown-modality``).
    """
    if modality not in MODALITIES:
        raise PleuraError(f"modality {modality}: choose from {', '.join(MODALITIES)}", code="unknown-modality")
    if volume.shape[0] > 1:
        return volume, ()
    if volume.identity.format == "dicom":
        return volume, _unlike_its_header(volume) if modality == "auto" else ()
    if volume.kind is not Kind.WINDOWED and (volume.kind, modality) != (Kind.HU, "cr"):
        return volume, ()
    told = MODALITIES[modality]
    if told:
        return _as(told, volume), ()
    decision = _look(volume)
    doubts = _doubts(decision.kind, decision.scan, decision.sure)
    return (volume if decision.scan == "ct" else _as(Kind.RADIOGRAPH, volume, _TAKEN)), doubts


def _unlike_its_header(volume: Volume) -> tuple[Note, ...]:
    decision = _look(volume)
    if volume.kind is Kind.RADIOGRAPH:
        return () if decision.kind == "radiograph" else (_NO_CHEST,)
    return (_NO_CT,) if decision.kind == "radiograph" and decision.sure else ()


def _look(volume: Volume) -> Decision:
    return decide(np.asarray(_grey(volume)[0], np.uint8))


def _as(kind: Kind, volume: Volume, *notes: Note) -> Volume:
    """Return a picture as greys of another kind, without what was noted of it as a CT."""
    kept = tuple(note for note in volume.notes if note.code not in _OF_CT)
    return replace(volume, voxels=_grey(volume), kind=kind, notes=(*kept, *notes))


def _grey(volume: Volume) -> NDArray[Any]:
    """Return the voxels as greys 0..255."""
    if volume.kind is not Kind.HU:
        return volume.voxels
    hu = volume.voxels.astype(np.float32)
    low, high = float(hu.min()), float(hu.max())
    return np.asarray((hu - low) * np.float32(255 / max(high - low, 1.0)))


def _doubts(kind: str, scan: str, sure: bool) -> tuple[Note, ...]:
    name = "a chest radiograph" if scan == "radiograph" else "a CT slice"
    if kind == "other":
        message = f"this looks like neither a CT slice nor a frontal chest radiograph; it was taken for {name}"
        return (Note("not-a-chest", message),)
    if not sure:
        other = "ct" if scan == "radiograph" else "cr"
        return (Note("modality-unsure", f"taken for {name}, but not surely; if it is not, use --modality {other}"),)
    return ()
