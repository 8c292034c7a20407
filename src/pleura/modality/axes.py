"""Whether the slices of a scan are axial, as its matrix says: arrays are saved as (z, y, x) with a matrix of (x, y, z).

The picture itself tells: an axial slice looks like one, a sagittal or a coronal plane does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.modality import Decision, decide
from pleura.volume import Note

_PLACES = (0.3, 0.4, 0.5, 0.6, 0.7)
"""Where along an axis planes are looked at, as shares of its length."""
_FEW, _MOST = 1, 4
"""Planes of the five that surely look axial at most along the stated axis, and that look so at least along another.
In 16 scans (15 chests, a head) two or fewer did along a wrong axis; along the right one all five, three of the head."""
_SMALLEST = 32
"""Voxels along the smaller side of a plane that is looked at."""
_WINDOW = (-1350.0, 150.0)
"""HU shown from black to white."""


def axes_notes(axial: Array, *, hu: bool) -> tuple[Note, ...]:
    """Return a warning where not the slices but the planes along another axis look axial.

    Parameters
    ----------
    axial : (z, y, x) voxels, turned as their matrix says
    hu : True for Hounsfield units, False for greys from 0 to 255
    """
    if sum(decision.sure for decision in _axial_planes(axial, 0, hu=hu)) > _FEW:
        return ()
    others = ((1, "coronal"), (2, "sagittal"))
    names = [name for axis, name in others if len(_axial_planes(axial, axis, hu=hu)) >= _MOST]
    if len(names) != 1:
        return ()
    text = (
        f"the planes that should be {names[0]} look axial: the axes may be saved in another order, as (z, y, x),"
        " than the matrix says; save the scan with its own matrix"
    )
    return (Note("axes-doubtful", text),)


def _axial_planes(axial: Array, axis: int, *, hu: bool) -> list[Decision]:
    """Return what is seen in those of the planes looked at along an axis that look like an axial CT slice."""
    if min(np.delete(axial.shape, axis)) < _SMALLEST:
        return []
    count = axial.shape[axis]
    planes = (np.take(axial, min(count - 1, round(place * count)), axis=axis) for place in _PLACES)
    decisions = [decide(np.ascontiguousarray(_grey(plane, hu=hu))) for plane in planes]
    return [decision for decision in decisions if decision.kind == "ct"]


def _grey(plane: Array, *, hu: bool) -> NDArray[np.uint8]:
    if not hu:
        return np.asarray(np.clip(plane, 0, 255), np.uint8)
    low, high = _WINDOW
    return np.asarray(np.clip((plane.astype(np.float32) - low) * (255 / (high - low)), 0, 255), np.uint8)
