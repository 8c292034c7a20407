"""Which values of a scan are shown as black and as white."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.volume import Kind, Volume

LUNG_WINDOW = (-1150.0, 250.0)
"""Centre -450, width 1400 HU: lung vessels and the wall of the chest are both seen."""

_PERCENTILES = (0.5, 99.5)
"""Of grey values of unknown range: what lies beyond is a marker, a border or a defect."""

Window = tuple[float, float]
"""The values shown as black and as white."""


def display_window(volume: Volume) -> Window:
    """Return the window of a scan: that of the lungs for HU, all of 8 bits, else what its middle slice holds."""
    if volume.kind is Kind.HU:
        return LUNG_WINDOW
    if volume.voxels.dtype == np.uint8:
        return 0.0, 255.0
    low, high = np.percentile(volume.voxels[volume.shape[0] // 2], _PERCENTILES)
    return float(low), max(float(high), float(low) + 1e-6)


def to_grey(plane: Array, window: Window) -> NDArray[np.uint8]:
    """Return values as uint8: 0 at and below the lower end of the window, 255 at and above its upper end."""
    low, high = window
    scaled = (plane.astype(np.float32) - low) * (255.0 / (high - low))
    grey: NDArray[np.uint8] = np.clip(scaled, 0, 255).astype(np.uint8)
    return grey
