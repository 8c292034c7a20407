"""The lowest recesses of the lungs, thin between diaphragm and ribs, where the network stops too early.

Air that is joined to the mask through air is added, a short way and near the bottom of each lung only. Bowel gas
reaches further than that way or is darker than lung, and is left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.grid_scan import GridScan
from pleura.inference.morphology import areas, box_around, dilate

Mask = NDArray[np.bool_]

AIR_HU = -500.0
"""Half way between air and soft tissue: where the border of a lung lies."""

REACH_MM = 8.0
"""How far from the mask air is added."""

HEIGHT_MM = 40.0
"""How far above the lowest marked voxel of a lung."""

LEAST_ML = 0.3
"""Smaller pieces are a matter of where the border runs, not of a recess that was missed."""

BEYOND = 0.1
"""Share of a piece's voxels that may follow beyond the reach: recesses 0.00 to 0.05, bowel gas and outer air 0.3 to
1.2."""

DARK_HU = -950.0
"""Lung lies above, gas of the bowel below; recesses hold 0 of such voxels, gas 0.15 to 0.74 of its own."""

DARK_SHARE = 0.1
"""Share of such voxels that a piece may hold: some of the noise lies there."""


def recess_zone(lung: Mask, spacing: float) -> slice:
    """Return the slices in which recesses of one lung (z, y, x) are looked for; none where there is no lung.

    They reach from `REACH_MM` below its lowest slice, twice, to `HEIGHT_MM` above; what lies in slices apart from most
    of it does not count.
    """
    sizes = areas(lung)
    occupied = np.flatnonzero(sizes)
    if not len(occupied):
        return slice(0, 0)
    runs = np.split(occupied, np.flatnonzero(np.diff(occupied) > 1) + 1)
    lowest = int(max(runs, key=lambda run: int(sizes[run].sum()))[0])
    reach = int(np.ceil(REACH_MM / spacing))
    return slice(max(0, lowest - 2 * reach), min(lowest + int(HEIGHT_MM / spacing) + 1, len(lung)))


def around(lung: Mask, spacing: tuple[float, float, float]) -> tuple[slice, slice]:
    """Return the rows and columns of one lung on the coarse grid, with twice the reach around.

    Parameters
    ----------
    lung : (z, y, x), on the coarse grid, not empty
    spacing : millimetres between voxels of the model's grid along (z, y, x)
    """
    return box_around(lung, int(np.ceil(REACH_MM / min(spacing[1:]))) + 2)[1:]


def missed_recesses(lung: Mask, allowed: Mask, planes: NDArray[np.uint8], scan: GridScan) -> Mask:
    """Return what is added to one lung.

    Parameters
    ----------
    lung : (n, y, x), one lung in the slices of its recesses
    allowed : the same voxels, what may be added: not the other lung, nothing outside the skin
    planes : the same voxels of the scan
    """
    import cc3d

    air = allowed & (planes < scan.byte(AIR_HU)) & ~lung
    grown = _grow(lung, air, scan.spacing)
    if not grown.any():
        return grown
    pieces = cc3d.connected_components(grown.view(np.uint8), connectivity=26)
    sizes = np.bincount(pieces[grown])
    dark = np.bincount(pieces[grown & (planes < scan.byte(DARK_HU))], minlength=len(sizes))
    kept = (sizes * scan.voxel_ml >= LEAST_ML) & (dark <= DARK_SHARE * sizes)
    kept[0] = False
    if not kept.any():
        return np.zeros_like(lung)
    beyond = _grow(lung | grown, air & ~grown, scan.spacing)
    for piece in np.flatnonzero(kept):
        near = dilate(pieces == piece, (0, 1, 2, 0, 1, 2)) & beyond
        kept[piece] = np.count_nonzero(near) <= BEYOND * sizes[piece]
    return np.asarray(kept[pieces])


def _grow(mask: Mask, air: Mask, spacing: tuple[float, float, float]) -> Mask:
    """Return the air within reach of a mask, joined to it through air."""
    pixel = (spacing[1] + spacing[2]) / 2
    steps, done = max(1, round(REACH_MM / pixel)), 0
    grown = mask.copy()
    for step in range(1, steps + 1):
        grown |= (dilate(grown, (1,)) | dilate(grown, (2,))) & air
        while (done + 1) * spacing[0] <= step * pixel or (step == steps and not done):
            grown |= dilate(grown, (0,)) & air
            done += 1
    return grown & ~mask
