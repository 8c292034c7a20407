"""What a mean Dice hides: soft tissue taken for lung, parts without air, flicker along z, missed ends, wrong sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.bool_]
Spacing = tuple[float, float, float]

RIGHT, LEFT, UNKNOWN = 1, 2, 255

SOFT_HU = -150
"""Tissue above is no lung that holds air."""

NEAR_MM = 3.0
"""Soft tissue this near the true lung is the width of a border, not a mistake of kind."""

AIRLESS = 0.02
"""A part of the mask with a smaller share below -500 HU holds no air."""

END_MM2 = 150.0
"""Area from which on a slice of a lung counts at its ends."""


@dataclass(frozen=True)
class Figures:
    """One case.

    Attributes
    ----------
    right, left : Dice of each lung, unknown voxels left out; None where there is none
    soft : mL of soft tissue in the mask, further than `NEAR_MM` from the true lung
    airless : mL in parts that hold no air
    beyond : mL in slices without true lung
    painted_in : share of the painted region that is in the mask; None where nothing was painted
    flicker : changes between neighbouring slices in solid tissue, against the truth's
    ends : slices of 2.5 mm by which the first and last slice of a lung are missed, the worst of both lungs
    exchanged : whether right and left are the wrong way round
    """

    right: float | None
    left: float | None
    soft: float
    airless: float
    beyond: float
    painted_in: float | None
    painted_ml: float
    flicker: float
    ends: float
    exchanged: bool


def measure(
    labels: NDArray[np.uint8],
    truth: NDArray[np.uint8],
    hu: NDArray[Any],
    spacing: Spacing,
    painted: Mask | None = None,
) -> Figures:
    """Return the figures of `labels` against `truth`, all (z, y, x)."""
    cell = float(np.prod(spacing)) / 1000
    known = truth != UNKNOWN
    lung = known & (truth > 0)
    mask = labels > 0
    far = _distance(lung, spacing) > NEAR_MM
    empty = ~(truth > 0).any(axis=(1, 2))
    right, left = (_dice(labels == side, truth == side, known) for side in (RIGHT, LEFT))
    crossed = [_dice(labels == other, truth == side, known) or 0.0 for side, other in ((RIGHT, LEFT), (LEFT, RIGHT))]
    return Figures(
        right=right,
        left=left,
        soft=float((mask & known & ~lung & far & (hu > SOFT_HU)).sum()) * cell,
        airless=_airless(mask, hu) * cell,
        beyond=float(mask[empty].sum()) * cell,
        painted_in=float((mask & painted).sum() / painted.sum()) if painted is not None and painted.any() else None,
        painted_ml=float((mask & painted).sum()) * cell if painted is not None else 0.0,
        flicker=_flicker(mask, lung, known, hu, spacing, cell),
        ends=_ends(labels, truth, spacing),
        exchanged=any(
            one is not None and other is not None and other > one
            for one, other in zip((right, left), crossed, strict=True)
        ),
    )


def _dice(found: Mask, wanted: Mask, known: Mask) -> float | None:
    found = found & known
    total = int(found.sum()) + int(wanted.sum())
    if not wanted.any():
        return None
    return 2 * float((found & wanted).sum()) / total


def _distance(mask: Mask, spacing: Spacing) -> NDArray[np.float64]:
    """Return mm to the mask; infinity where it is empty."""
    if not mask.any():
        return np.full(mask.shape, np.inf)
    return np.asarray(ndimage.distance_transform_edt(~mask, sampling=spacing))


def _airless(mask: Mask, hu: NDArray[Any]) -> float:
    """Return the voxels of the mask in parts, joined by faces, that hold no air."""
    parts, count = ndimage.label(mask)
    if not count:
        return 0.0
    sizes = np.bincount(parts.ravel())
    dark = np.bincount(parts.ravel(), weights=(hu < -500).ravel())
    sizes[0] = 0
    return float(sizes[dark < AIRLESS * np.maximum(sizes, 1)].sum())


def _flicker(mask: Mask, lung: Mask, known: Mask, hu: NDArray[Any], spacing: Spacing, cell: float) -> float:
    """Return how often neighbouring slices differ where both are solid, over the same of the truth (plus 2 mL each)."""
    smooth = ndimage.gaussian_filter(hu.astype(np.float32), (0, 2 / spacing[1], 2 / spacing[2]))
    solid = (smooth > SOFT_HU) & known
    both = solid[1:] & solid[:-1]
    found, wanted = (float((both & (one[1:] != one[:-1])).sum()) * cell for one in (mask, lung))
    return (found + 2) / (wanted + 2)


def _ends(labels: NDArray[np.uint8], truth: NDArray[np.uint8], spacing: Spacing) -> float:
    """Return the slices of 2.5 mm between the first (last) true and the first (last) marked slice of a lung."""
    worst = 0.0
    for side in (RIGHT, LEFT):
        wanted, found = (
            np.flatnonzero((one == side).sum(axis=(1, 2)) * spacing[1] * spacing[2] > area)
            for one, area in ((truth, END_MM2), (labels, END_MM2 / 5))
        )
        if wanted.size and found.size:
            missed = max(found[0] - wanted[0], wanted[-1] - found[-1], 0)
            worst = max(worst, missed * spacing[0] / 2.5)
        elif wanted.size:
            worst = np.inf
    return float(worst)
