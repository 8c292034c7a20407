"""Masses that the network finds in some slices and loses in the next: solid tissue with lung around it and below.

In a slice the top of the liver looks alike; but it rests on the rest of the liver.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.grid_scan import GridScan
from pleura.inference.morphology import Box, box_around, dilate, erode
from pleura.inference.solid_parts import SOFT_TISSUE_HU, share_next

Mask = NDArray[np.bool_]

LEAST_ML = 0.5
"""Smaller pieces are vessels, which `postprocess` fills by their area."""

RESTING = 0.2
"""Share of the underside that rests on soft tissue outside the mask, from which on a piece stays outside: of painted
masses that chest-ct 0.4.0 lost in part, 0.02 to 0.15; of domes and of what lies between the hila, 0.56 to 1.00."""


def surrounded_pieces(mask: Mask, scan: GridScan) -> Mask:
    """Return solid tissue outside a mask (z, y, x) on the coarse grid that has lung around it in each of its slices.

    Less than `RESTING` of its underside rests on soft tissue, more than half of it is solid, and less than three voxels
    of a slice join it to what lies around the lungs.
    """
    import cc3d

    found, box = np.zeros_like(mask), box_around(mask, 2)
    outside = ~mask[box]
    ringed = np.stack([_ringed(plane) for plane in outside])
    parts = cc3d.connected_components(ringed.view(np.uint8), connectivity=26)
    soft = outside & (scan.coarse[box] > scan.byte(SOFT_TISSUE_HU))
    statistics = cc3d.statistics(parts)
    for part in np.flatnonzero(statistics["voxel_counts"] * scan.coarse_voxel_ml >= LEAST_ML):
        close = _with_slice_below(statistics["bounding_boxes"][part])
        if part and close:
            piece = parts[close] == part
            solid = np.count_nonzero(piece & soft[close]) > np.count_nonzero(piece) / 2
            if solid and share_next(piece, soft[close] & ~piece, -1) < RESTING:
                found[box][close] |= piece
    return found


def _with_slice_below(box: Box) -> Box | None:
    """Return a box with the slice below it; None where there is none, so that nobody knows what lies there."""
    z, rows, columns = box
    return (slice(z.start - 1, z.stop), rows, columns) if z.start else None


def _ringed(outside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what of a slice outside the mask is not joined to the edge by three voxels or more."""
    import cc3d

    parts, count = cc3d.connected_components(erode(outside, (0, 1)).view(np.uint8), connectivity=8, return_N=True)
    inner = np.ones(count + 1, np.bool_)
    inner[0] = False
    for edge in (parts[0], parts[-1], parts[:, 0], parts[:, -1]):
        inner[edge] = False
    return dilate(inner[parts], (0, 1)) & outside
