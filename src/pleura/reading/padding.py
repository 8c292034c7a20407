"""Padding: what a scanner or a program writes where nothing was measured, outside a circle or at the borders.

Headers state it seldom and often wrongly, so it is found in the values: the corners of a scan hold one constant, which
noise never does. Low constants count as air anyway; a constant of 0, 3071 or 65535 looks like tissue or bone.
"""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.volume import Note

_CORNER = 2
"""Voxels along each side of a corner that have to be equal; noise of CT is 10 HU and more, and seldom so twice."""
_AIR_BELOW = -900
"""HU below which padding counts as the air that it stands for."""


def corner_value(array: NDArray[Any]) -> float | None:
    """Return the one value that at least half of the corners of a (z, y, x) array hold throughout, or None.

    Values that are not finite are no answer.
    """
    corners = product((slice(None, _CORNER), slice(-_CORNER, None)), repeat=3)
    constants = Counter[float]()
    for corner in corners:
        part = array[corner]
        if part.min() == part.max() and np.isfinite(part.flat[0]):
            constants[float(part.flat[0])] += 1
    if not constants:
        return None
    value, count = constants.most_common(1)[0]
    return value if count >= 4 else None


def connected_to_border(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the part of a mask (y, x) whose pixels are joined, side by side, to the border of the plane."""
    import cc3d

    if mask.all() or not mask.any():
        return mask
    parts = cc3d.connected_components(mask.astype(np.uint8), connectivity=4)
    at_border = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    return np.asarray(np.isin(parts, at_border[at_border > 0]))


def set_to_air(hu: NDArray[np.int16], air: int) -> tuple[Note, ...]:
    """Set padding of HU (z, y, x) that is not air to `air`, in place, and say so."""
    value = corner_value(hu)
    if value is None or value < _AIR_BELOW:
        return ()
    count = 0
    for plane in hu:
        outside = connected_to_border(plane == value)
        plane[outside] = air
        count += int(outside.sum())
    if count == hu.size:
        return ()
    text = f"outside the scan's field the value is {value:g} throughout, {count / hu.size:.0%} of all; taken as air"
    return (Note("padding", text),)


def not_finite_outside(bad: NDArray[np.bool_]) -> bool:
    """Say whether values that are not finite are padding: but for one in a hundred they are joined to the border.

    Parameters
    ----------
    bad : (z, y, x), where values are not finite
    """
    inside = sum(int(plane.sum()) - int(connected_to_border(plane).sum()) for plane in bad if plane.any())
    return inside <= 0.01 * (bad.size - int(bad.sum()))
