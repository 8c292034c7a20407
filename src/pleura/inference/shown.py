"""What a picture without a telling header shows, and what follows from it: CT slice, radiograph, or neither."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pleura.errors import PleuraError
from pleura.modality import decide
from pleura.volume import Kind, Note, Volume

MODALITIES = {"auto": None, "ct": Kind.WINDOWED, "cr": Kind.RADIOGRAPH}
_UNLIKE_ITS_HEADER = Note(
    "not-a-chest", "by its header this is a radiograph, but it does not look like a frontal one of a chest"
)


def shown(volume: Volume, modality: str = "auto") -> tuple[Volume, tuple[Note, ...]]:
    """Return the volume with its kind settled, and warnings where that is doubtful.

    Only single pictures of greys are in question; CT numbers are what they are. `modality` "ct" or "cr" settles it;
    "auto" looks at the picture, and a note says where it is a radiograph. A radiograph by its header stays one: headers
    often keep silent on view and body part, so the look is for the warning alone.

    Raises `PleuraError` (``unknown-modality``).
    """
    if modality not in MODALITIES:
        raise PleuraError(f"modality {modality}: choose from {', '.join(MODALITIES)}", code="unknown-modality")
    if volume.kind is Kind.HU or not volume.planar:
        return volume, ()
    told, by_header = MODALITIES[modality], volume.kind is Kind.RADIOGRAPH
    if told:
        return (volume if by_header else replace(volume, kind=told)), ()
    decision = decide(np.asarray(volume.voxels[0], np.uint8))
    if by_header:
        return volume, () if decision.kind == "radiograph" else (_UNLIKE_ITS_HEADER,)
    doubts = _doubts(decision.kind, decision.scan, decision.sure)
    if decision.scan == "ct":
        return volume, doubts
    note = Note("taken-for-radiograph", "by the picture this is a chest radiograph")
    return replace(volume, kind=Kind.RADIOGRAPH, notes=(*volume.notes, note)), doubts


def _doubts(kind: str, scan: str, sure: bool) -> tuple[Note, ...]:
    name = "a chest radiograph" if scan == "radiograph" else "a CT slice"
    if kind == "other":
        message = f"this looks like neither a CT slice nor a frontal chest radiograph; it was taken for {name}"
        return (Note("not-a-chest", message),)
    if not sure:
        other = "ct" if scan == "radiograph" else "cr"
        return (Note("modality-unsure", f"taken for {name}, but not surely; if it is not, use --modality {other}"),)
    return ()
