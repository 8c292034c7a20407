"""What the border of a mask separates: air inside from tissue outside, if it is the border of a lung.

A border within tissue, or within air, is one that the scan does not show: fluid, liver or a mass were taken in, or lung
was left out, or the hilum was cut, as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.quality.grid import Bytes, Grid

REVERSED = 20
"""Steps of a byte by which the outside is darker than the inside where a border is the wrong way round: 112 HU of the
window of CT, -1024 to 400, and of greys 8 % of their range."""


@dataclass(frozen=True, eq=False)
class Border:
    """The crossings of the border of a mask along rows and columns, each an entry.

    Attributes
    ----------
    side : label inside
    z : slice
    inside, outside : bytes two pixels apart, to either side of the border
    """

    side: Bytes
    z: NDArray[np.intp]
    inside: NDArray[np.int16]
    outside: NDArray[np.int16]


def find_border(grid: Grid) -> Border:
    """Return where a mask begins or ends along rows and columns, two pixels of mask against two that are none."""
    found = []
    for axis in (1, 2):
        for step in (1, -1):
            order = tuple(slice(None, None, step if each == axis else 1) for each in range(3))
            label, plane = (np.moveaxis(array[order], axis, 2) for array in (grid.labels, grid.planes))
            mask = label > 0
            edge = mask[..., :-3] & mask[..., 1:-2]
            edge &= ~(mask[..., 2:-1] | mask[..., 3:])
            z, line, index = np.nonzero(edge)
            found.append((label[z, line, index], z, plane[z, line, index], plane[z, line, index + 3]))
    side, z, inside, outside = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Border(side, z, inside.astype(np.int16), outside.astype(np.int16))


def crossings(border: Border, grid: Grid) -> dict[str, NDArray[np.bool_]]:
    """Return which crossings lie within air, within tissue, and the wrong way round."""
    inside, outside = border.inside, border.outside
    return {
        "border_in_air": (inside < grid.air) & (outside < grid.air),
        "border_in_tissue": (inside > grid.tissue) & (outside > grid.tissue),
        "border_reversed": outside < inside - REVERSED,
    }
