"""What a mask holds that lungs hold little of, solid tissue and empty air, and aerated lung that it leaves out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.morphology import erode
from pleura.quality.grid import Grid, Mask


def solid(grid: Grid) -> Mask:
    """Return where the mask holds tissue that is thicker than three pixels, as vessels seldom are."""
    return erode(grid.marked & (grid.planes > grid.tissue), (1, 2))


def empty(grid: Grid) -> Mask:
    """Return where nine pixels of the mask hold air alone; nothing of greys, whose air and lung may be alike."""
    found = np.zeros(grid.labels.shape, np.bool_)
    if grid.empty is not None:
        sums = _sums_of_nine(grid.planes)
        found[:, 1:-1, 1:-1] = (sums <= 9 * grid.empty) & erode(grid.marked, (1, 2))[:, 1:-1, 1:-1]
    return found


def _sums_of_nine(planes: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return the sums over 3 x 3 pixels, (z, y - 2, x - 2)."""
    wide = planes.astype(np.uint16)
    rows = wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]
    return np.asarray(rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:])


def air_left_out(grid: Grid) -> Mask:
    """Return the air outside the mask that does not reach an edge of what is looked at: lung, airways, or bowel."""
    import cc3d

    dark = (grid.planes < grid.air) & ~grid.marked
    parts, count = cc3d.connected_components(dark, connectivity=6, return_N=True)
    reaches = np.zeros(count + 1, np.bool_)
    for face in (parts[:, 0], parts[:, -1], parts[:, :, 0], parts[:, :, -1]):
        reaches[np.unique(face)] = True
    reaches[0] = True
    return np.asarray(~reaches[parts])
