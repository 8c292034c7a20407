"""What single slices take for lung because lung is around it: domes of liver and spleen, fluid, brain.

Two rules, on the coarse grid (z, side / 2, side / 2): a part of the mask that holds no air is no lung; and a solid
piece that stands on soft tissue outside the mask is the top of what lies below the diaphragm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.inference.grid_scan import GridScan
from pleura.inference.morphology import Box, box_around, dilate, open_mask

Mask = NDArray[np.bool_]

AERATED_HU = -500.0
"""Aerated lung lies below."""

LEAST_AERATED = 0.02
"""Share of aerated voxels below which a part is no lung: brains reach 0.000, the lowest true lung 0.092."""

SMALL_SHARE = 0.02
"""Share of the largest part below which others are no lung either, where that one holds no air: the sinuses beside a
brain. `postprocess` measures loose parts alike."""

SMALL_SHARE_SINGLE = 0.2
"""The same for a single slice, which never holds brain and lung: the sinuses come to 0.07 of the brain behind them."""

WHITE_LUNG_SHARE = 0.2
"""A wholly white lung has at least this share of the volume of the aerated one."""

WHITE_LUNG_HEIGHT = 0.4
"""It is seen in slices with aerated lung, and in at least this share of their number: of a right lung that was painted
white in two scans, the network marked 0.44 and 0.78."""

SAME_SIDE = 0.3
"""At most this share of the aerated voxels of those slices lies in its columns: the aerated lung is the other one."""

SOFT_TISSUE_HU = -150.0
"""Soft tissue lies above, also fat in part; ground glass and vessels smaller than a voxel below."""

LEAST_PIECE_ML = 1.0
"""Smaller solid pieces are left alone: vessels of the hilum are so."""

RESTING = 0.85
"""Share of the underside that rests on soft tissue outside the mask: 0.87 to 1.0 in domes, fluid and brain, 0.0 to
0.45 in tumours, consolidation and vessels. No dome is too thin: fat lies over spleen and stomach. Where pieces below
0 HU in the mean were kept, 25, 18 and 3 mL of soft tissue stayed in three masks, and nothing was won in a fourth."""

BESIDE_SOFT = 0.5
"""Share of what is beside it that is soft tissue outside the mask: below, it stands in the lung, as a dome does."""

LARGEST_DOME_ML = 30.0
"""A larger piece that stands in the lung stays, and is warned of: a mass on the diaphragm looks alike. In 16 whole
scans chest-ct 0.3.0 marks 12 mL of a dome at most, and 94 mL of a mass of 60 mm that was painted on the diaphragm."""

ABOVE_SOFT = 0.45
"""Share of what is above it that is soft tissue outside the mask: from here on, it lies within soft tissue, as fluid
does: effusions have 0.65 to 0.96. Consolidation on the diaphragm leans on the wall of the chest and has lung above:
painted ones have 0.23 to 0.27, and 0.55 where the network saw the lower part alone; then its CT numbers decide."""

FLUID_HU = 30.0
"""Median of a piece above which it is no fluid: effusions have 4 to 15, fat and liver below a raised dome 26, thirds of
lungs painted with 45 have 37 to 43. Their means come down to 25, of bronchi with air in them. Of a white lung, or of
consolidation that the network saw in part, all sides may be soft tissue: it stays."""


@dataclass(frozen=True)
class Piece:
    """A solid piece of the mask: its box on the coarse grid, itself in it, if it may be fluid, and what touches it."""

    box: Box
    inside: Mask
    volume_ml: float
    is_fluid: bool
    resting: float
    soft_beside: float
    soft_above: float

    @property
    def stands_in_lung(self) -> bool:
        """Say whether it stands on soft tissue with lung around: a dome of the diaphragm, or a mass on it."""
        return self.resting >= RESTING and self.soft_beside < BESIDE_SOFT

    @property
    def is_dome(self) -> bool:
        """Say whether it is taken for the top of what lies below the diaphragm."""
        return self.stands_in_lung and self.volume_ml <= LARGEST_DOME_ML

    @property
    def is_enclosed(self) -> bool:
        """Say whether it is fluid within soft tissue."""
        return self.is_fluid and self.resting >= RESTING and not self.stands_in_lung and self.soft_above >= ABOVE_SOFT


def airless_parts(mask: Mask, scan: GridScan) -> Mask:
    """Return the parts of a mask, joined by faces, that hold no air, but for a white lung beside an aerated one.

    What is small beside such a part goes with it.
    """
    import cc3d

    found, box = np.zeros_like(mask), box_around(mask)
    inside = mask[box]
    parts, count = cc3d.connected_components(inside, connectivity=6, return_N=True)
    aerated = inside & (scan.coarse[box] < scan.byte(AERATED_HU))
    sizes, air = (_count(parts, count, where) for where in (inside, aerated))
    suspects = np.flatnonzero(air < LEAST_AERATED * sizes)
    dropped = np.zeros(count + 1, np.bool_)
    dropped[[part for part in suspects if part and not _is_white_lung(parts == part, aerated)]] = True
    if dropped[np.argmax(sizes)]:
        dropped |= sizes < (SMALL_SHARE_SINGLE if len(mask) == 1 else SMALL_SHARE) * sizes.max()
    dropped[0] = False
    if dropped.any():
        found[box] = dropped[parts]
    return found


def resting_pieces(mask: Mask, scan: GridScan) -> tuple[Mask, Mask, float]:
    """Return the solid pieces of a mask that are domes, those that are fluid within soft tissue, and mL of what stays.

    What stays stands in the lung as domes do, but is too large for one.
    """
    domes, enclosed, standing_ml = np.zeros_like(mask), np.zeros_like(mask), 0.0
    for piece in solid_pieces(mask, scan):
        if piece.stands_in_lung and not piece.is_dome:
            standing_ml += piece.volume_ml
        if piece.is_dome or piece.is_enclosed:
            found = domes if piece.is_dome else enclosed
            solid = mask[piece.box] & (scan.coarse[piece.box] > scan.byte(SOFT_TISSUE_HU))
            found[piece.box] |= dilate(piece.inside, (1, 2)) & solid
    return domes, enclosed, standing_ml


def solid_pieces(mask: Mask, scan: GridScan) -> list[Piece]:
    """Return the solid pieces of a mask of at least `LEAST_PIECE_ML`, without what is thinner than three voxels."""
    import cc3d

    around = box_around(mask, 2)
    marked, solid = mask[around], scan.coarse[around] > scan.byte(SOFT_TISSUE_HU)
    cores = open_mask(marked & solid, (1, 2))
    parts = cc3d.connected_components(cores.view(np.uint8), connectivity=26)
    sizes = np.bincount(parts[cores]) * scan.coarse_voxel_ml
    large = np.flatnonzero(sizes >= LEAST_PIECE_ML)
    return [_piece(parts == part, solid & ~marked, around, scan) for part in large]


def _piece(piece: Mask, soft: Mask, around: Box, scan: GridScan) -> Piece:
    """Return a piece with what touches it; `soft` is soft tissue outside the mask, both lie in a box of the grid."""
    close = box_around(piece, 2)
    inside, outside = piece[close], soft[close]
    beside = dilate(dilate(inside, (1, 2)), (1, 2)) & ~inside
    z, rows, columns = (
        slice(outer.start + inner.start, outer.start + inner.stop) for outer, inner in zip(around, close, strict=True)
    )
    box = z, rows, columns
    return Piece(
        box=box,
        inside=inside,
        volume_ml=float(np.count_nonzero(inside)) * scan.coarse_voxel_ml,
        is_fluid=float(np.median(scan.coarse[box][inside])) <= scan.byte(FLUID_HU),
        resting=share_next(inside, outside, -1),
        soft_beside=_share(beside & outside, beside),
        soft_above=share_next(inside, outside, 1),
    )


def share_next(inside: Mask, outside: Mask, step: int) -> float:
    """Return the share of the lowest (`step` -1) or highest voxels of a piece whose next one along z is `outside`."""
    inside, outside = inside[::step], outside[::step]
    following = np.zeros_like(inside)
    following[:-1] = inside[1:]
    last = inside & ~following
    touching = last[:-1] & outside[1:]
    return _share(touching, last)


def _share(part: Mask, whole: Mask) -> float:
    """Return how much of a mask a part of it is; 0 where the mask is empty."""
    return float(np.count_nonzero(part)) / max(int(np.count_nonzero(whole)), 1)


def _count(parts: NDArray[np.integer], count: int, where: Mask) -> NDArray[np.int64]:
    """Return how many voxels of each part lie in a mask."""
    return np.bincount(parts[where], minlength=count + 1)


def _is_white_lung(part: Mask, aerated: Mask) -> bool:
    """Say whether a part without air lies beside aerated lung, as tall and as large as a lung may be, on its side."""
    slices = part.any(axis=(1, 2))
    beside = aerated[slices]
    tall = np.count_nonzero(beside.any(axis=(1, 2))) >= WHITE_LUNG_HEIGHT * np.count_nonzero(aerated.any(axis=(1, 2)))
    large = np.count_nonzero(part) >= WHITE_LUNG_SHARE * np.count_nonzero(aerated)
    if not beside.any() or not tall or not large:
        return False
    columns = np.flatnonzero(part.any(axis=(0, 1)))
    within = np.count_nonzero(beside[:, :, columns[0] : columns[-1] + 1])
    return bool(within <= SAME_SIDE * np.count_nonzero(beside))
