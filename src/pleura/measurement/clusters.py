"""How the pieces of low attenuation in a lung are distributed over their sizes.

The number of pieces of at least a size falls with that size by a power law; where emphysema merges small pieces into
large ones its exponent falls. It depends on how pieces are joined and on the sizes that are fitted, so that both are
stated with it: pieces lie in one axial slice each, as in the source, and their pixels are joined by edges.

References: Mishima et al., Proc Natl Acad Sci USA 1999;96:8829.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array

THRESHOLD_HU = -950
"""At or below; the cut of `laa_le_950_percent`."""
CONNECTIVITY: Literal[4] = 4
"""Pixels of a slice are joined by their edges, not by corners."""
SIZES_MM2 = (2.0, 200.0)
"""Areas that are fitted: below are single pixels and noise, above are too few pieces to count."""
_FEWEST_SIZES = 5
"""Different sizes in that range with which a line can be fitted."""


@dataclass(frozen=True)
class LowAttenuationClusters:
    """The pieces of a lung at or below -950 HU, each within one axial slice.

    Attributes
    ----------
    count : of all pieces
    largest_mm2 : area of the largest; None where there is none
    exponent : D of the power law, number of pieces of at least X mm² ~ X^-D; None where there are too few sizes
    fitted_mm2 : the areas X that were fitted, from and to
    connectivity : 4, pixels joined by edges, in the slice
    """

    count: int
    largest_mm2: float | None
    exponent: float | None
    fitted_mm2: tuple[float, float] = SIZES_MM2
    connectivity: int = CONNECTIVITY


def cluster_areas(
    labels: NDArray[np.uint8], hu: Array, values: Sequence[int], pixel_mm2: float
) -> dict[int, NDArray[np.float64]]:
    """Return value -> the area of each piece of that structure, in mm².

    Parameters
    ----------
    labels, hu : (z, y, x), slices axial
    values : of the structures in `labels`
    pixel_mm2 : area of a pixel of a slice
    """
    import cc3d

    found: dict[int, list[NDArray[np.intp]]] = {value: [] for value in values}
    for plane, densities in zip(labels, hu, strict=True):
        low = np.where(densities <= THRESHOLD_HU, plane, 0)
        inside = np.flatnonzero(low)
        if not inside.size:
            continue
        pieces = cc3d.connected_components(low, connectivity=CONNECTIVITY).ravel()[inside]
        sizes = np.bincount(pieces)
        of_piece = np.zeros(len(sizes), np.uint8)
        of_piece[pieces] = low.ravel()[inside]
        for value in values:
            found[value].append(sizes[of_piece == value])
    return {value: np.concatenate([*sizes, _NOTHING]) * pixel_mm2 for value, sizes in found.items()}


_NOTHING = np.zeros(0, np.intp)


def clusters(areas: NDArray[np.float64]) -> LowAttenuationClusters:
    """Return what the areas of all pieces, in mm², amount to."""
    largest = float(areas.max()) if areas.size else None
    return LowAttenuationClusters(int(areas.size), largest, _exponent(areas))


def _exponent(areas: NDArray[np.float64]) -> float | None:
    """Return the slope of the line through log number of pieces of at least a size over log size, its sign changed."""
    sizes, counts = np.unique(np.round(areas, 6), return_counts=True)
    at_least = np.cumsum(counts[::-1])[::-1]
    fitted = (sizes >= SIZES_MM2[0]) & (sizes <= SIZES_MM2[1])
    if np.count_nonzero(fitted) < _FEWEST_SIZES:
        return None
    x, y = np.log(sizes[fitted]), np.log(at_least[fitted])
    x -= x.mean()
    return -float((x * y).sum() / (x * x).sum())
