"""Where the slices of a series lie: their order, the gaps between them, and the affine of the stack.

Only ImagePositionPatient and ImageOrientationPatient are believed. File names, instance numbers and slice thickness say
nothing of position, and a spacing that fits only on average is never passed on in silence.

References: DICOM PS3.3 section C.7.6.2.1.1 (position and orientation of a plane).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnsuitableInput
from pleura.reading.dicom.frames import Frame
from pleura.text import quantity
from pleura.volume import Affine, Note

SAME_POSITION = 0.01
"""Millimetres: slices closer than this are at one position."""
_AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
_LOOSE = 0.1
"""Fraction of a step by which a slice may lie off the regular grid; more is a gap or a change of spacing."""
_STEADY = 0.01
"""Fraction of a step that rounding in the header explains."""
_MOST_FILLED = 0.25
"""Fraction of the slices there that may be filled in; with more missing the picture is an invention."""


@dataclass(frozen=True)
class Stack:
    """Slices in order on a regular grid.

    Attributes
    ----------
    frames : along the normal of the slices; None where a slice is missing and has to be interpolated
    affine : (4, 4) array index (k, j, i, 1) -> LPS millimetres
    spacing_known : False where the header has no pixel spacing
    """

    frames: tuple[Frame | None, ...]
    affine: Affine
    notes: tuple[Note, ...]
    spacing_known: bool = True


def distances(frames: Sequence[Frame]) -> NDArray[np.float64]:
    """Return the position of each frame along the normal of the first, in millimetres.

    Raises
    ------
    UnsuitableInput : a frame among several has no position or orientation
    """
    if not all(frame.is_placed for frame in frames):
        raise UnsuitableInput(
            "slices without ImagePositionPatient or ImageOrientationPatient cannot be put in order; export them again",
            code="no-positions",
        )
    return np.array([frame.position for frame in frames], np.float64) @ _axes(frames[0])[0]


def group_by_position(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Group frames by position, in order along their normal; frames that share one are duplicates."""
    if len(frames) == 1:
        return [list(frames)]
    along = distances(frames)
    order = sorted(range(len(frames)), key=lambda k: (along[k], frames[k].instance_uid, frames[k].index))
    groups = [[frames[order[0]]]]
    for before, k in pairwise(order):
        if along[k] - along[before] < SAME_POSITION:
            groups[-1].append(frames[k])
        else:
            groups.append([frames[k]])
    return groups


def stack(frames: Sequence[Frame]) -> Stack:
    """Put ordered frames, one a position, on a regular grid.

    Raises
    ------
    UnsuitableInput : the spacing changes along the series, too much is missing, or slices are shifted sideways
    """
    if len(frames) == 1:
        return _single(frames[0])
    along = distances(frames)
    steps, notes = _grid(along)
    positions = np.array([frame.position for frame in frames], np.float64)
    travel = (positions[-1] - positions[0]) / steps[-1]
    _refuse_sideways(positions, along)
    slots: list[Frame | None] = [None] * (int(steps[-1]) + 1)
    for slot, frame in zip(steps, frames, strict=True):
        slots[slot] = frame
    affine, known = _affine(frames[0], travel)
    return Stack(tuple(slots), affine, (*notes, *_spacing_notes(known)), known)


def _single(frame: Frame) -> Stack:
    normal, _, _ = _axes(frame)
    affine, known = _affine(frame, normal * (frame.thickness or 1.0))
    notes = list(_spacing_notes(known))
    if frame.orientation is None:
        notes.append(Note("orientation-unknown", "the orientation of the slice is not stated; taken as axial"))
    return Stack((frame,), affine, tuple(notes), known)


def _spacing_notes(known: bool) -> tuple[Note, ...]:
    return () if known else (Note("spacing-unknown", "the pixel spacing is not stated; distances count pixels"),)


def _grid(along: NDArray[np.float64]) -> tuple[NDArray[np.intp], list[Note]]:
    """Return the slot of each slice on a regular grid, and what had to be decided."""
    gaps = np.diff(along)
    count = np.arange(len(along))
    even = along[0] + count * (along[-1] - along[0]) / count[-1]
    step = float(np.median(gaps))
    off = float(np.abs(along - even).max())
    if off <= _STEADY * step + SAME_POSITION:
        return count, []
    if off <= _LOOSE * step:
        return count, [
            Note("irregular-spacing", f"slices lie up to {off:.2f} mm off a regular spacing of {step:.2f} mm")
        ]
    multiples = np.rint(gaps / step).astype(np.intp)
    slots = np.concatenate([[0], np.cumsum(multiples)])
    fitted = along[0] + slots * (along[-1] - along[0]) / max(slots[-1], 1)
    if multiples.min() < 1 or float(np.abs(along - fitted).max()) > _LOOSE * step:
        found = f"from {gaps.min():.2f} to {gaps.max():.2f} mm"
        raise UnsuitableInput(
            f"the distance between slices changes {found} within the series; export one spacing at a time",
            code="irregular-spacing",
        )
    return slots, [_missing(slots, along, step)]


def _missing(slots: NDArray[np.intp], along: NDArray[np.float64], step: float) -> Note:
    missing = int(slots[-1]) + 1 - len(slots)
    if missing > _MOST_FILLED * len(slots):
        raise UnsuitableInput(
            f"{missing} of {int(slots[-1]) + 1} slices are missing; export the whole series", code="missing-slices"
        )
    after = [f"{along[k]:.1f}" for k in np.flatnonzero(np.diff(slots) > 1)]
    listed = ", ".join(after[:5]) + (", ..." if len(after) > 5 else "")
    filled = f"{quantity(missing, 'missing slice was', 'missing slices were')} filled between their neighbours"
    return Note("missing-slices", f"{filled} ({step:.2f} mm apart) after {listed} mm")


def _refuse_sideways(positions: NDArray[np.float64], along: NDArray[np.float64]) -> None:
    """Refuse slices that do not lie on one line: some were reconstructed around another centre."""
    fraction = (along - along[0]) / (along[-1] - along[0])
    line = positions[0] + fraction[:, None] * (positions[-1] - positions[0])
    shift = float(np.linalg.norm(positions - line, axis=1).max())
    if shift > 1.0:
        raise UnsuitableInput(
            f"slices of the series are shifted sideways against each other by {shift:.1f} mm;"
            " export one reconstruction at a time",
            code="shifted-slices",
        )


def _axes(frame: Frame) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return unit vectors of the slice: its normal, the way rows grow, the way columns grow; axial if not stated."""
    orientation = np.array(frame.orientation or _AXIAL)
    across, down = orientation[:3], orientation[3:]
    normal = np.cross(across, down)
    return normal / np.linalg.norm(normal), down, across


def _affine(frame: Frame, travel: NDArray[np.float64]) -> tuple[Affine, bool]:
    """Return the affine of a stack that starts at `frame` and goes on by `travel`, and whether its spacing is known."""
    _, down, across = _axes(frame)
    rows, columns = frame.spacing or (1.0, 1.0)
    affine = np.eye(4)
    affine[:3, 0] = travel
    affine[:3, 1] = down * rows
    affine[:3, 2] = across * columns
    affine[:3, 3] = frame.position or (0.0, 0.0, 0.0)
    return affine, frame.spacing is not None
