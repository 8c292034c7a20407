"""Whether a mask can be true: something marked, inside the body, and right on the right.

What is surely wrong is refused; what may be right all the same (a neck has no lung, a prone patient's right is on the
other side of the picture) is noted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.errors import UnsuitableInput
from pleura.labels import LEFT, RIGHT
from pleura.preparation.case_warnings import CASE_WARNINGS
from pleura.volume import Kind, Note, Volume

_AIR = -500
"""HU below which there is air."""
_STEP, _BRIGHTEST_AIR = 20, 80
"""Greys by which air may be brighter than the border of its picture, and the brightest border that can be air: a wide
window shows air in grey."""
_OPEN = 0.2
"""Share of a slice's border that air has to take to be the air around the body, not a lung cut by the picture."""
_MOST_OUTSIDE, _NOTED_OUTSIDE = 0.5, 0.1
"""Shares of a mask in the air around the body that are refused, and warned of: with half of it outside, mask and image
do not belong together; lungs end at the ribs, so that a tenth is doubtful (chosen)."""
_SLICES = 9
"""Slices of a volume that are looked at for air around the body."""


def find_faults(volume: Volume, labels: Array) -> tuple[Note, ...]:
    """Return what is doubtful about labels.

    Parameters
    ----------
    volume : (z, y, x) in axial order: to the head, to the back, to the left
    labels : (z, y, x) of the same grid, 0 background

    Raises
    ------
    UnsuitableInput : most of the mask lies outside the body, or it covers the corners (`mask-outside-body`)
    """
    if not labels.any():
        return (Note("empty-mask", CASE_WARNINGS["empty-mask"]),)
    if (labels[:, [0, 0, -1, -1], [0, -1, 0, -1]] > 0).all():
        raise UnsuitableInput("the mask covers the corners of the picture; is it inverted?", code="mask-outside-body")
    outside = _outside(volume, labels)
    if outside > _MOST_OUTSIDE:
        text = f"{outside:.0%} of the mask lies in the air around the body"
        raise UnsuitableInput(text, code="mask-outside-body")
    if outside > _NOTED_OUTSIDE:
        return (Note("mask-beyond-body", f"{outside:.0%} of the mask lies in the air around the body"),)
    return ()


def sides_are_swapped(labels: Array) -> bool:
    """Say whether what is called right lies further to the patient's left (growing x) than what is called left."""
    across = np.arange(labels.shape[2])
    middles = [np.average(across, weights=count) for count in _columns(labels) if count.any()]
    return len(middles) == 2 and bool(middles[0] > middles[1])


def with_oriented_sides(
    labels: NDArray[np.uint8], volume: Volume, sided: bool
) -> tuple[NDArray[np.uint8], bool, tuple[Note, ...]]:
    """Return labels, whether their sides can be believed, and a note where they contradict the geometry.

    The orientation of a scan is stated in its file, so contradicting sides are merged into one lung; that of a picture
    is not, and a prone patient looks the same, so they are kept. Without sides, both lungs carry one label.
    """
    lung = (labels > 0).astype(np.uint8)
    if not sided:
        return lung, False, ()
    if not sides_are_swapped(labels):
        return labels, True, ()
    stated = volume.spacing_known and not volume.is_picture
    if not stated or any(note.code == "orientation-unknown" for note in volume.notes):
        return labels, True, (Note("sides-reversed", CASE_WARNINGS["sides-reversed"]),)
    return lung, False, (Note("sides-swapped", CASE_WARNINGS["sides-swapped"]),)


def _columns(labels: Array) -> list[NDArray[np.intp]]:
    return [np.count_nonzero(labels == side, axis=(0, 1)) for side in (RIGHT, LEFT)]


def _outside(volume: Volume, labels: Array) -> float:
    """Return the share of the marked voxels that lie in the air around the body, from a few slices."""
    if volume.kind is Kind.RADIOGRAPH:
        return 0.0
    marked = np.flatnonzero(labels.any((1, 2)))
    chosen = marked[np.linspace(0, len(marked) - 1, min(_SLICES, len(marked))).astype(int)]
    inside = [(_air_around(_is_dark(volume.voxels[k], volume.kind)), labels[k] > 0) for k in chosen]
    return sum(int((air & mask).sum()) for air, mask in inside) / max(1, sum(int(mask.sum()) for _, mask in inside))


def _is_dark(plane: Array, kind: Kind) -> NDArray[np.bool_]:
    """Return where a slice (y, x) is as dark as air."""
    level = np.median(_border(plane))
    darkest = _AIR if kind is Kind.HU else _STEP + (level if level <= _BRIGHTEST_AIR else 0)
    return np.asarray(plane < darkest)


def _border(plane: Array) -> Array:
    return np.concatenate([plane[0], plane[-1], plane[1:-1, 0], plane[1:-1, -1]])


def _air_around(dark: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the dark regions of a slice (y, x) that take a good part of its border."""
    import cc3d

    regions = cc3d.connected_components(np.ascontiguousarray(dark).astype(np.uint8), connectivity=4)
    border = _border(regions)
    counts = np.bincount(border)
    counts[0] = 0
    around: NDArray[np.bool_] = np.isin(regions, np.flatnonzero(counts > _OPEN * border.size))
    return around
