"""The mask of a scan as the signals see it: cut to where something is, with what counts as air and as tissue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.inference.ct_warnings import TISSUE_HU
from pleura.inference.evidence import Evidence

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

MOST_SLICES = 64
"""That are sampled, evenly: a chest has as many of 5 mm, and signals are shares."""

AIR_HU = -500.0
"""Below is air or aerated lung; above `TISSUE_HU` is solid tissue, as for the warnings of a CT."""

EMPTY_HU = -970.0
"""Mean of nine pixels below which they hold air alone; with vessels and walls lung lies above, emphysema near it."""

GREY_AIR, GREY_TISSUE = 0.45, 0.65
"""The same of greys, from their 5th percentile, which is air, to the 90th, which is tissue."""


@dataclass(frozen=True, eq=False)
class Grid:
    """What of a scan and its mask is sampled.

    Attributes
    ----------
    labels, planes : (z, y, x) uint8
    probability : (structures, z, y, x) uint8
    slices : which slices of the scan these are, in axial order
    air, tissue : bytes of `planes` below which there is air, and above which there is tissue
    empty : byte at or below which nine pixels hold air alone in the mean; None of greys
    """

    labels: Bytes
    planes: Bytes
    probability: Bytes
    slices: NDArray[np.intp]
    air: float
    tissue: float
    empty: float | None

    @property
    def marked(self) -> Mask:
        """Where there is any structure."""
        return self.labels > 0


def sampled_grid(evidence: Evidence) -> Grid:
    """Return a grid of at most `MOST_SLICES` slices that hold something marked, or may."""
    used = np.flatnonzero(evidence.labels.any(axis=(1, 2)))
    first, last = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, len(evidence.labels))
    first, last = max(first - 1, 0), min(last + 1, len(evidence.labels))
    step = -(-(last - first) // MOST_SLICES)
    slices = np.arange(first, last)[(step - 1) // 2 :: step]
    planes = evidence.planes[slices]
    return Grid(evidence.labels[slices], planes, evidence.probability[:, slices], slices, *_levels(evidence, planes))


def _levels(evidence: Evidence, planes: Bytes) -> tuple[float, float, float | None]:
    if evidence.window is None:
        low, high = np.percentile(planes[:, ::2, ::2], [5, 90])
        return float(low + GREY_AIR * (high - low)), float(low + GREY_TISSUE * (high - low)), None
    low, high = evidence.window
    air, tissue, empty = ((hu - low) * 255.0 / (high - low) for hu in (AIR_HU, TISSUE_HU, EMPTY_HU))
    return air, tissue, empty
