"""Drawn CTs on the model's grid for the rules of anatomy: a body in air, with lungs of which each number is known.

The grid has 64 x 64 pixels of 2 x 2 mm and slices of 5 mm; the coarse grid of the rules 32 x 32 of 4 x 4 mm, so that
a coarse voxel holds 0.08 mL and 12.5 of them make a millilitre.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.grid import FieldOfView
from pleura.inference.grid_scan import GridScan

AIR, LUNG, SOFT = -1000, -850, 40
SPACING = (5.0, 2.0, 2.0)
WINDOW = (-1024.0, 400.0)
RIGHT_LUNG, LEFT_LUNG = (slice(16, 48), slice(10, 28)), (slice(16, 48), slice(36, 54))
"""Rows and columns."""


def body(slices: int = 12) -> NDArray[np.float64]:
    """Return HU (z, 64, 64): soft tissue in rows 8 to 55 and columns 4 to 59, air around it."""
    hu = np.full((slices, 64, 64), AIR, np.float64)
    hu[:, 8:56, 4:60] = SOFT
    return hu


def chest(slices: int = 12) -> NDArray[np.float64]:
    """Return the body with two lungs in slices 2 to 9."""
    hu = body(slices)
    for rows, columns in (RIGHT_LUNG, LEFT_LUNG):
        hu[2:10, rows, columns] = LUNG
    return hu


def lungs(slices: int = 12) -> NDArray[np.bool_]:
    """Return where they are."""
    mask = np.zeros((slices, 64, 64), np.bool_)
    for rows, columns in (RIGHT_LUNG, LEFT_LUNG):
        mask[2:10, rows, columns] = True
    return mask


def scan_of(hu: NDArray[np.float64], spacing: tuple[float, float, float] = SPACING, **changes: object) -> GridScan:
    """Return the scan with bytes as the network sees them; the grid covers the slices to their edges."""
    low, high = WINDOW
    planes = np.rint(np.clip((hu - low) * 255 / (high - low), 0, 255)).astype(np.uint8)
    settings = {"fov": FieldOfView(0, 0, 64, 64), "slice_shape": (64, 64), "spacing_known": True, **changes}
    return GridScan(planes=planes, spacing=spacing, window=WINDOW, **settings)  # type: ignore[arg-type]


def coarse(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask on the coarse grid."""
    return np.ascontiguousarray(mask[:, ::2, ::2])


def scores(mask: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return `lung` that marks the mask, and `side_score` that says right in the first half of the columns."""
    side_score = np.full((len(mask), 32, 32), 30, np.uint8)
    side_score[:, :, 16:] = 220
    return np.where(mask, 220, 40).astype(np.uint8), side_score
