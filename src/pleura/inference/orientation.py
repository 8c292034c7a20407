"""Whether the lungs of a CT lie as its file says: side by side, before the spine, above the domes of the diaphragm.

Right against left is decided by the sides that the network sees, in `pleura.inference.mask_warnings`. The figures are
of the 14 whole scans with lungs that the recipe of the CT model lists, not flipped and flipped.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.grid_scan import GridScan
from pleura.inference.morphology import areas, mean_index
from pleura.inference.postprocess import Cleaned
from pleura.labels import LEFT, RIGHT
from pleura.volume import Note

BONE_HU = 130.0
"""Bone lies above, and blood with contrast, which `SPINE_IN_FRONT` allows for."""

MIDLINE = 0.15
"""Of the width of both lungs, to either side of their middle: spine, great vessels and breastbone lie there."""

SPINE_IN_FRONT = 0.45
"""Bone behind the middle of the lungs against bone before it: 0.76 to 8.9 (below 1.3 where the heart is full of
contrast); flipped front to back, 11 of the 14 scans lie below this."""

MAIN_AREA = 0.25
"""Slices with less lung than this share of the largest are left out: shoulders, and a jaw in which a little is marked,
are no spine."""

END = 0.2
"""Share of the lungs' slices that is compared at either end."""

DOME_FILL = (0.80, 0.15)
"""Lung in its own outline: 0.41 to 0.72 at the lower end, where it lies around the domes, 0.91 to 1.00 at the apex.
An upper end of less than the first, and less than the lower end by the second, is no apex."""

MIN_HEIGHT_MM = 120.0
"""Less of the lungs does not show both ends as they are."""


SMALLER_LUNG = 0.2
"""Share of the larger lung that the smaller has at least, if their places are to tell anything of the scan."""


def sideways_warnings(cleaned: Cleaned, scan: GridScan) -> tuple[Note, ...]:
    """Return a warning where the lungs of a scan lie one before the other, as after a quarter turn; else nothing."""
    if len(scan.planes) == 1:
        return ()
    sides = [cleaned.labels[:, ::2, ::2] == side for side in (RIGHT, LEFT)]
    smaller, larger = sorted(int(np.count_nonzero(side)) for side in sides)
    if not smaller or smaller < SMALLER_LUNG * larger:
        return ()
    rows, columns = (
        abs(mean_index(sides[0], axis) - mean_index(sides[1], axis)) * scan.spacing[axis] for axis in (1, 2)
    )
    if rows <= columns:  # of 5 labelled scans they lie 137 to 159 mm apart, and 1 to 15 mm before each other
        return ()
    text = "the lungs lie one before the other: rows and columns may be exchanged, or turned by a quarter"
    return (Note("flipped", f"{text}; check the orientation in the file"),)


def orientation_warnings(cleaned: Cleaned, scan: GridScan) -> tuple[Note, ...]:
    """Return a warning where the axes of the slices, front and back, or head and foot seem exchanged in the file."""
    if sideways := sideways_warnings(cleaned, scan):
        return sideways
    labels = cleaned.labels[:, ::2, ::2]
    if not scan.plausible or labels.shape[0] * scan.spacing[0] < MIN_HEIGHT_MM or not labels.any():
        return ()
    found = []
    if _spine_ratio(labels, cleaned, scan) < SPINE_IN_FRONT:
        found.append("the spine lies before the lungs")
    if not (cleaned.labels[0].any() or cleaned.labels[-1].any()):  # both ends of the lungs lie inside the scan
        lower, upper = _fill_of_ends(labels)
        if upper < DOME_FILL[0] and lower - upper > DOME_FILL[1]:
            found.append("the domes of the diaphragm lie above the lungs")
    if not found:
        return ()
    text = f"{' and '.join(found)}: check the orientation in the file; right and left may be exchanged"
    return (Note("flipped", text),)


def _spine_ratio(labels: NDArray[np.uint8], cleaned: Cleaned, scan: GridScan) -> float:
    """Return bone near the midline behind the middle of the lungs, against that before it; infinite without any."""
    marked = labels > 0
    columns, rows = np.flatnonzero(marked.any(axis=(0, 1))), np.flatnonzero(marked.any(axis=(0, 2)))
    middle, width = (columns[0] + columns[-1]) / 2, float(np.ptp(columns))
    near = slice(max(int(middle - MIDLINE * width), 0), int(middle + MIDLINE * width) + 1)
    sizes = areas(marked)
    box = cleaned.box
    planes = scan.planes[box[0], ::2, box[2]][sizes >= MAIN_AREA * sizes.max()][:, :, ::2][:, :, near]
    bone = np.count_nonzero(planes > scan.byte(BONE_HU), axis=(0, 2))
    half = int(box[1].start / 2 + (rows[0] + rows[-1]) / 2)
    before = int(bone[:half].sum())
    return int(bone[half:].sum()) / before if before else np.inf


def _fill_of_ends(labels: NDArray[np.uint8]) -> tuple[float, float]:
    """Return how much of its outline lung fills in the lowest and in the highest slices."""
    used = np.flatnonzero(labels.any(axis=(1, 2)))
    count = max(2, round(END * len(used)))
    return _fill(labels[used[:count]]), _fill(labels[used[-count:]])


def _fill(labels: NDArray[np.uint8]) -> float:
    """Return the lung's area over that of the spans between its first and last pixels in rows and in columns."""
    area = spanned = 0
    for side in (RIGHT, LEFT):
        lung = labels == side
        area += int(np.count_nonzero(lung))
        spanned += int(np.count_nonzero(_between(lung, 1) | _between(lung, 2)))
    return area / max(spanned, 1)


def _between(mask: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    """Return the pixels from the first to the last of the mask along an axis."""
    after = np.maximum.accumulate(mask, axis=axis)
    before = np.flip(np.maximum.accumulate(np.flip(mask, axis), axis=axis), axis)
    result: NDArray[np.bool_] = after & before
    return result
