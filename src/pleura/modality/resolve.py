"""What a picture without a telling header shows, and what follows from it: CT slice, radiograph, or neither."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pleura.arrays import Array
from pleura.conventions import MODALITIES
from pleura.errors import InvalidOption
from pleura.geometry import from_axial, to_axial
from pleura.modality import Decision, Scan, decide
from pleura.modality.axes import axes_notes
from pleura.modality.greys import set_greys_upright
from pleura.modality.several import shows_several
from pleura.volume import Kind, Note, Volume

_SCANS: dict[str, Scan] = {"cr": "radiograph", "ct": "ct"}
"""What is meant by a modality; "auto" is not among them."""
_NAMES: dict[Scan, str] = {"ct": "a CT slice", "radiograph": "a chest radiograph"}
_OF_CT = frozenset({"hu-offset-corrected", "values-hu", "values-windowed", "short-coverage"})
"""Notes that are not true of a radiograph."""
_SIDES = (80.0, 650.0)
"""Millimetres of the longer side of a chest radiograph: a newborn's, cut close, and a large detector with a border."""
_TAKEN = Note("taken-for-radiograph", "by the picture this is a chest radiograph")
_NO_CT = Note("modality-doubtful", "by its header this is a CT slice, but it looks like a chest radiograph")
_NO_CHEST = Note(
    "not-a-chest", "by its header this is a radiograph, but it does not look like a frontal one of a chest"
)

_SEVERAL = Note("not-a-chest", "this looks like several pictures in one; give each as a file of its own")


def resolve_kind(volume: Volume, modality: str = "auto") -> tuple[Volume, tuple[Note, ...]]:
    """Return the volume with its kind settled, and warnings where that is doubtful.

    Only single pictures and volumes of one slice are in question; `modality` "ct" or "cr" settles what those without a
    header show, "auto" looks at them, and a note says where it is a radiograph. What has CT numbers was looked at when
    it was read. What a header says stays: headers often keep silent on view and body part, and radiographs are stored
    as CT, so the look is for the warning alone; so it is where the caller settles it.

    Raises `InvalidOption` (``unknown-modality``).
    """
    if modality not in MODALITIES:
        raise InvalidOption(f"modality {modality}: choose from {', '.join(MODALITIES)}", code="unknown-modality")
    requested = _SCANS.get(modality)
    if volume.identity.format == "dicom" or volume.shape[0] > 1:
        displayed, inverted = _as_shown(volume)
        return displayed, (*_not_followed(volume, requested), *_unlike_its_header(volume), *_axes(volume), *inverted)
    if volume.kind is Kind.RADIOGRAPH or (volume.kind is Kind.HU and requested != "radiograph"):
        return volume, ()
    decision = _look(volume)
    warnings = (_SEVERAL,) if _shows_several(volume) else _contradictions(decision, requested)
    if (requested or decision.scan) == "ct":
        displayed, inverted = _as_shown(volume)
        return displayed, (*warnings, *inverted)
    return _as_radiograph(volume, *(() if requested or decision.kind == "other" else (_TAKEN,))), warnings


def resolve_for_kinds(volume: Volume, kinds: frozenset[Kind]) -> tuple[Volume, tuple[Note, ...]]:
    """Return the volume for a model that the caller chose, which knows some kinds, and what speaks against it.

    The model says what pictures show as `modality` does, but of all that follows from this only what is sure is said.
    """
    if len(kinds) > 1 and Kind.RADIOGRAPH in kinds:
        return volume, ()
    resolved, warnings = resolve_kind(volume, "cr" if Kind.RADIOGRAPH in kinds else "ct")
    sure = tuple(warning for warning in warnings if warning.code in {"modality-doubtful", "greys-doubtful"})
    return resolved if resolved.kind is volume.kind else volume, sure


def _not_followed(volume: Volume, requested: Scan | None) -> tuple[Note, ...]:
    """Return a warning where the caller says other than what is certain: a header, or slices that make a scan."""
    known: Scan = "radiograph" if volume.kind is Kind.RADIOGRAPH else "ct"
    if requested in {None, known}:
        return ()
    how = "by its header" if volume.identity.format == "dicom" else "with several slices"
    name = "a radiograph" if known == "radiograph" else "a CT"
    return (Note("modality-ignored", f"{how} this is {name}, so --modality was not followed"),)


def _unlike_its_header(volume: Volume) -> tuple[Note, ...]:
    if volume.shape[0] > 1:
        return ()
    decision = _look(volume)
    if volume.kind is Kind.RADIOGRAPH and _shows_several(volume):
        return (_SEVERAL,)
    if volume.kind is Kind.RADIOGRAPH:
        return () if decision.kind == "radiograph" else (_NO_CHEST,)
    return (_NO_CT,) if decision.kind == "radiograph" and decision.sure else ()


def _axes(volume: Volume) -> tuple[Note, ...]:
    """Return a warning where a volume without DICOM header seems to have its axes in another order than it says."""
    if volume.identity.format == "dicom" or volume.shape[0] == 1:
        return ()
    return axes_notes(to_axial(volume.voxels, volume.affine), hu=volume.kind is Kind.HU)


def _shows_several(volume: Volume) -> bool:
    return shows_several(np.asarray(_grey(volume)[0], np.uint8), decide)


def _look(volume: Volume) -> Decision:
    return decide(np.asarray(_grey(volume)[0], np.uint8))


def _as_shown(volume: Volume) -> tuple[Volume, tuple[Note, ...]]:
    """Return a CT whose greys are as it is shown, where it has greys, and a warning where that is doubtful."""
    if volume.kind is not Kind.WINDOWED:
        return volume, ()
    axial, notes, warnings = set_greys_upright(to_axial(volume.voxels, volume.affine))
    if not notes:
        return volume, warnings
    voxels = np.ascontiguousarray(from_axial(axial, volume.affine))
    return replace(volume, voxels=voxels, notes=(*volume.notes, *notes)), warnings


def _as_radiograph(volume: Volume, *notes: Note) -> Volume:
    """Return a picture as greys of a radiograph, without what was noted of it as a CT."""
    kept = tuple(note for note in volume.notes if note.code not in _OF_CT)
    warnings = _unlike_a_detector(volume)
    known = volume.spacing_known and not warnings
    notes = (*kept, *warnings, *notes)
    return replace(volume, voxels=_grey(volume), kind=Kind.RADIOGRAPH, spacing_known=known, notes=notes)


def _unlike_a_detector(volume: Volume) -> tuple[Note, ...]:
    """Return a note where the stated millimetres are not those of a chest on a detector, as after a conversion."""
    sides = [count * step for count, step in zip(volume.shape[1:], volume.spacing[1:], strict=True)]
    if not volume.spacing_known or _SIDES[0] <= max(sides) <= _SIDES[1]:
        return ()
    message = f"by its millimetres the radiograph is {max(sides) / 10:.0f} cm long; they were not believed"
    return (Note("spacing-unknown", message),)


def _grey(volume: Volume) -> Array:
    """Return the voxels as greys 0..255."""
    if volume.kind is not Kind.HU:
        return volume.voxels
    hu = volume.voxels.astype(np.float32)
    low, high = float(hu.min()), float(hu.max())
    return np.asarray((hu - low) * np.float32(255 / max(high - low, 1.0)))


def _contradictions(decision: Decision, requested: Scan | None) -> tuple[Note, ...]:
    """Return what speaks against what a picture is taken for; against the caller's word only what is sure."""
    if requested and (not decision.sure or decision.kind == requested):
        return ()
    name = _NAMES[requested or decision.scan]
    if decision.kind == "other":
        message = f"this looks like neither a CT slice nor a frontal chest radiograph; it was taken for {name}"
        return (Note("not-a-chest", message),)
    if requested:
        return (Note("modality-doubtful", f"taken for {name} as requested, but it looks like {_NAMES[decision.kind]}"),)
    if not decision.sure:
        other = "ct" if decision.scan == "radiograph" else "cr"
        return (Note("modality-unsure", f"taken for {name}, but not surely; if it is not, use --modality {other}"),)
    return ()
