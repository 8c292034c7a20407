"""The coarse grid: what the network sees of a scan, three numbers for each cell of 4 mm."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

CELL = 4.0
"""Millimetres of a cell's sides; it is made of 2 x 2 x 2 voxels of 2 mm."""

WIDE = (-1024.0, 600.0)
"""HU from air to vessels with dense contrast; what is brighter is bone or metal, which need not be distinguished."""
SOFT = (-150.0, 250.0)
"""HU from fat to organs with contrast, 1.6 HU a step of a byte: fluid and muscle lie some 40 HU apart."""
DARK = -500.0
"""HU half way between lung and soft tissue, below which a voxel is air more than tissue."""


def cells(hu: Tensor) -> Tensor:
    """Return (n, 3, z / 2, y / 2, x / 2) in 0..255 from HU (n, 1, z, y, x) on the 2 mm grid.

    The mean in a window of all tissues, the mean in a window of soft tissue, and the share of dark voxels: it tells
    solid tissue with air in its bronchi from fluid, whose mean may be the same.
    """
    wide = ((hu - WIDE[0]) / (WIDE[1] - WIDE[0])).clamp(0, 1)
    soft = ((hu - SOFT[0]) / (SOFT[1] - SOFT[0])).clamp(0, 1)
    dark = (hu < DARK).to(hu.dtype)
    return functional.avg_pool3d(torch.cat([wide, soft, dark], dim=1), 2, ceil_mode=True) * 255
