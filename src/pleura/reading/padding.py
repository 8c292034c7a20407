"""Padding: what a scanner or a program writes where nothing was measured, outside a circle or at the borders.

Headers state it seldom and often wrongly, so it is found in the values: the corners of a scan hold one constant, which
noise never does. Low constants count as air anyway; a constant of 0, 3071 or 65535 looks like tissue or bone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.modality.borders import connected_to_border
from pleura.volume import Note

_CORNER = 2
"""Voxels along each side of a corner that have to be equal; noise of CT is 10 HU and more, and seldom so twice."""
_AIR_BELOW = -900
"""HU below which padding counts as the air that it stands for."""
_STRIDE = 2
"""Of so many rows and columns one is looked at for tissue."""
_SURELY_AIR = -950
"""HU of air around a body, not of lung: what a ring of padding encloses, and the wall of a drawn body does not."""
_TISSUE = 0.01
"""Share of soft tissue within a ring: without it the ring is the body, drawn in one value."""
_ALL_AROUND = 0.9
"""Share of what touches the corners that is the value of a ring."""
_BODY = 0.2
"""Share of soft tissue in what is neither constant nor air around, below which lungs alone were kept and the rest was
set to one value: it then stands for the body. 225 slices cut close to the lungs have 0.28 and more, lungs alone 0.10
at most."""


def corner_values(array: Array) -> list[float]:
    """Return the values that at least two corners of a (z, y, x) array hold throughout, the commonest first.

    Values that are not finite are left out.
    """
    ends = (slice(None, _CORNER), slice(-_CORNER, None))
    corners = product(*(ends if size > _CORNER else ends[:1] for size in array.shape))
    constants = Counter[float]()
    for corner in corners:
        part = array[corner]
        if part.min() == part.max() and np.isfinite(part.flat[0]):
            constants[float(part.flat[0])] += 1
    return [value for value, count in constants.most_common() if count >= 2]


def set_to_air(hu: NDArray[np.int16], air: int) -> tuple[Note, ...]:
    """Set padding of HU (z, y, x) that is not air to `air`, in place, and say so."""
    corners = corner_values(hu)
    low = [value for value in corners if value < _AIR_BELOW]
    lowest = int(hu.min())  # where HU are cut off above air, the corners hold air as the scan shows it
    high = {value for value in corners if value >= _AIR_BELOW and value > lowest} or _rings(hu, low)
    if high and not _holds_body(hu, corners):
        return ()
    counts = Counter[float]()
    for plane in hu if high else ():
        outside = connected_to_border(np.isin(plane, [*high, *low]))
        for value in high:
            here = outside & (plane == value)
            plane[here] = air
            counts[value] += int(here.sum())
    share = counts.total() / hu.size
    if not 0 < share < 1:
        return ()
    listed = " or ".join(f"{value:g}" for value in sorted(high) if counts[value])
    text = f"outside the scan's field the value is {listed} throughout, {share:.0%} of all; taken as air"
    return (Note("padding", text),)


def _holds_body(hu: NDArray[np.int16], corners: Sequence[float]) -> bool:
    """Say whether there is soft tissue beside the constants of the corners: more than the vessels of lungs."""
    values = hu[:, ::_STRIDE, ::_STRIDE]
    rest = values[(values > _SURELY_AIR) & ~np.isin(values, corners)]
    return bool(rest.size) and float(((rest >= -200) & (rest <= 300)).mean()) >= _BODY


def _rings(hu: NDArray[np.int16], low: list[float]) -> set[float]:
    """Return the value of a ring of padding between constant air in the corners and the air around the body."""
    if not low:
        return set()
    found = [_ring(hu[round(share * (len(hu) - 1))], low[0]) for share in (0.25, 0.5, 0.75)]
    return {value for value in found if value is not None and found.count(value) >= 2}


def _ring(plane: NDArray[np.int16], low: float) -> float | None:
    """Return the one value that lies all around the corners of a plane, where within it are air again and a body."""
    corners = connected_to_border(plane == low)
    around = plane[_beside(corners)]
    if not around.size:
        return None
    values, counts = np.unique(around, return_counts=True)
    value = float(values[counts.argmax()])
    if value < _AIR_BELOW or counts.max() < _ALL_AROUND * around.size:
        return None
    ring = connected_to_border(corners | (plane == value))
    beside, within = plane[_beside(ring)], plane[~ring]
    is_air = beside.size and float((beside < _SURELY_AIR).mean()) >= 0.5
    return value if is_air and float(((within >= -200) & (within <= 300)).mean()) >= _TISSUE else None


def _beside(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of a plane that touch a mask (y, x) with a side and are not in it."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return np.asarray(grown & ~mask)


def not_finite_outside(bad: NDArray[np.bool_]) -> bool:
    """Say whether values that are not finite are padding: but for one in a hundred they are joined to the border.

    Parameters
    ----------
    bad : (z, y, x), where values are not finite
    """
    inside = sum(int(plane.sum()) - int(connected_to_border(plane).sum()) for plane in bad if plane.any())
    return inside <= 0.01 * (bad.size - int(bad.sum()))
