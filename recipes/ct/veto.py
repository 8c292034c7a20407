"""The coarse look as a veto on the network of slices: thick solid tissue is lung only where both say so.

Near air the slices see better, so nothing else is changed; and the sides are mostly those of the coarse look, which
sees the whole chest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SOLID_HU = -200
"""Smoothed over 3 pixels, tissue above is solid."""

THICK_MM = 5.0
"""Radius of the opening, within a slice, that tells thick tissue from vessels and borders."""

OUR_SIDES = 0.65
"""Weight of the coarse look's sides."""


def veto(
    lung: NDArray[np.uint8],
    side: NDArray[np.uint8],
    thick: NDArray[np.bool_],
    coarse_lung: NDArray[np.uint8],
    coarse_side: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return `lung` and `side` of the slices, corrected.

    Parameters
    ----------
    lung, coarse_lung : (z, s, s) uint8, above 128 where lung is likelier than background
    side, coarse_side : (z, s / 2, s / 2) uint8, above 128 where left is likelier than right
    thick : (z, s, s) bool, where `thick_tissue` is
    """
    mixed = side.astype(np.float32) * (1 - OUR_SIDES) + coarse_side.astype(np.float32) * OUR_SIDES
    return np.where(thick, np.minimum(lung, coarse_lung), lung), np.rint(mixed).astype(np.uint8)


def thick_tissue(planes: NDArray[np.uint8], solid: float, pixel_mm: tuple[float, float]) -> NDArray[np.bool_]:
    """Return where smoothed planes are solid over at least twice `THICK_MM` within the slice, (z, s, s) bool.

    Parameters
    ----------
    planes : (z, s, s) uint8, what the network of slices saw
    solid : value of `planes` at `SOLID_HU`
    pixel_mm : millimetres of a pixel along y and x
    """
    smooth = ndimage.uniform_filter(planes, (1, 3, 3))
    rows, columns = (2 * max(1, round(0.8 * THICK_MM / step)) + 1 for step in pixel_mm)
    core = ndimage.minimum_filter(smooth, (1, rows, columns)) > solid
    grown = ndimage.maximum_filter(core.view(np.uint8), (1, rows, columns))
    thick: NDArray[np.bool_] = (grown > 0) & (smooth > solid)
    return thick
