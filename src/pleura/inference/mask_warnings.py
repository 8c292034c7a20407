"""When not to trust the mask: what can be seen from the labels and the scan alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pleura.labels import LEFT, RIGHT, RIGHT_AND_LEFT
from pleura.volume import Note

ENOUGH_OF_BOTH = 0.05
"""Share of the larger lung that the smaller needs to have for their places to tell how a scan lies: of a scan of one
side, bits of that lung may be called the other."""

UNEQUAL = 0.2
"""Share of the larger lung below which the smaller is warned of: of 178 single slices with both lungs 1 in 100 has less
than 0.31, and the lungs of a whole scan are nearly equal but for disease or surgery."""


def lung_warnings(
    axial: NDArray[np.uint8], *, is_picture: bool = False, cut_sides: Sequence[str] = ()
) -> tuple[Note, ...]:
    """Return what stands out, the gravest first, in labels (z, y, x) whose axes run to the head, back and left.

    `is_picture` says that it is a picture, which may show the patient any way round; `cut_sides` are the sides of the
    field of view that lung reaches.
    """
    columns = {side: sum((plane == side).sum(axis=0) for plane in axial) for side in (RIGHT, LEFT)}
    right, left = int(columns[RIGHT].sum()), int(columns[LEFT].sum())
    if not right + left:
        return (Note("no-lung", "no lung was found; the mask is empty"),)
    exchanged = [] if is_picture else _exchanged(columns[RIGHT], columns[LEFT])
    return (*_one_sided(right, left), *exchanged, *_cut_off(axial, cut_sides))


def label_warnings(axial: NDArray[np.uint8], names: tuple[str, ...], *, is_picture: bool) -> tuple[Note, ...]:
    """Return what stands out in the labels of a model for `names`; of what is not both lungs, that they are empty."""
    if names == RIGHT_AND_LEFT:
        return lung_warnings(axial, is_picture=is_picture)
    return empty_warnings(axial, names)


def empty_warnings(labels: NDArray[np.uint8], names: tuple[str, ...]) -> tuple[Note, ...]:
    """Return a warning where the labels of a model for `names` are empty."""
    if any(plane.any() for plane in labels):
        return ()
    what = " or ".join(names)
    code = "no-lung" if "lung" in what else "nothing-found"
    return (Note(code, f"no {what} was found; the mask is empty"),)


def _one_sided(right: int, left: int) -> list[Note]:
    """Warn where one lung is missing or far smaller than the other."""
    smaller, name = min((right, "right"), (left, "left"))
    if smaller == 0:
        return [Note("one-lung", f"no {name} lung was found")]
    if smaller < UNEQUAL * max(right, left):
        return [Note("unequal-lungs", f"the {name} lung is less than a fifth of the other")]
    return []


def _exchanged(right: NDArray[np.integer], left: NDArray[np.integer]) -> list[Note]:
    """Warn where the right lung lies to the left of the left lung: a flipped file or organs in mirror image.

    `right` and `left` count the voxels of each lung by column.
    """
    centres = [profile @ np.arange(len(profile)) / max(profile.sum(), 1) for profile in (right, left)]
    smaller, larger = sorted((int(right.sum()), int(left.sum())))
    if smaller < ENOUGH_OF_BOTH * larger or centres[0] <= centres[1]:
        return []
    message = "by anatomy the lungs lie mirrored to what the file says: check its orientation"
    return [Note("mirrored", message)]


def _cut_off(axial: NDArray[np.uint8], sides: Sequence[str]) -> list[Note]:
    """Warn where lung reaches the first or last slice or a side of the field of view: its volume is not the whole."""
    if len(axial) < 2:
        return []
    ends = [name for name, plane in (("lowest", axial[0]), ("highest", axial[-1])) if plane.any()]
    where = [f"the {' and the '.join(ends)} slice"] if ends else []
    where += [f"the {' and the '.join(sides)} edge of the field of view"] if sides else []
    if not where:
        return []
    return [Note("cut-off", f"lung reaches {' and '.join(where)}: the scan does not hold all of it")]
