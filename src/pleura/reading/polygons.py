"""Polygons drawn into a picture: a pixel is inside where its centre is.

References: the rule of even and odd, Foley et al., Computer Graphics, 2nd ed., section 3.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array

_ROUNDED = 0.1
"""Pixels, for each pixel of a polygon's length, by which its area and the number of pixels inside differ often."""
_NOTHING = 1e-6
"""Square pixels that rounding makes of the area between two edges along one line."""
_CROSSINGS = 1 << 22
"""Crossings of rows by edges that are looked at in one go, so that memory is bounded."""


@dataclass(frozen=True, eq=False)
class Region:
    """Pixels of a picture: `inside` (rows, columns), its first pixel at (`row`, `column`) of the picture."""

    row: int
    column: int
    inside: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """How many pixels there are."""
        return int(np.count_nonzero(self.inside))

    def view(self, picture: Array) -> Array:
        """Return the part of a picture that `inside` covers."""
        rows, columns = self.inside.shape
        return picture[self.row : self.row + rows, self.column : self.column + columns]


def fill_even_odd(corners: NDArray[np.float64], shape: Sequence[int]) -> Region:
    """Return the pixels around whose centre a polygon runs an odd number of times.

    Parameters
    ----------
    corners : (n, 2) as (row, column), pixel centres at whole numbers; the last is joined to the first
    shape : rows, columns of the picture; what lies outside is cut off

    An edge toggles, in each row that it crosses, every pixel at and right of the crossing; rows count from the upper
    end of an edge up to, but without, its lower one, so that a corner is never counted twice. An edge counts from its
    upper to its lower end whichever way it runs: so the two ways of a keyhole's cut cancel out to the last bit.
    """
    low, high = (
        np.clip(np.ceil(found), 0, shape).astype(np.intp) for found in (corners.min(0), np.floor(corners.max(0)) + 1)
    )
    rows, columns = (int(size) for size in np.maximum(high - low, 0))
    if not rows * columns:
        return Region(0, 0, np.zeros((0, 0), bool))
    upwards = corners - low
    edges = np.concatenate([upwards, np.roll(upwards, -1, 0)], axis=1)
    edges = np.where(edges[:, :1] <= edges[:, 2:3], edges, edges[:, [2, 3, 0, 1]])
    toggles = np.zeros(rows * (columns + 1), np.intp)
    step = max(1, _CROSSINGS // rows)
    for begun in range(0, len(edges), step):
        toggles += np.bincount(_crossings(edges[begun : begun + step], rows, columns), minlength=toggles.size)
    inside = np.cumsum(toggles.reshape(rows, columns + 1)[:, :columns], axis=1) % 2 == 1
    return Region(int(low[0]), int(low[1]), inside)


def _crossings(edges: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.intp]:
    """Return the first pixel right of each crossing of a row by an edge, as an index of (rows, columns + 1).

    `edges` are (n, 4): row and column of the upper end, then of the lower one.
    """
    first, end = (np.clip(np.ceil(edges[:, k]), 0, rows).astype(np.intp) for k in (0, 2))
    counts = end - first
    r0, c0, r1, c1 = np.repeat(edges, counts, axis=0).T
    begun = np.cumsum(counts) - counts
    row = np.arange(counts.sum()) + np.repeat(first - begun, counts)
    across = c0 + (row - r0) * ((c1 - c0) / (r1 - r0))
    found: NDArray[np.intp] = row * (columns + 1) + np.clip(np.ceil(across), 0, columns).astype(np.intp)
    return found


def crosses_itself(corners: NDArray[np.float64], size: int) -> bool:
    """Say whether edges of a polygon cross, so that it runs round a part of what it surrounds the other way, or twice.

    Then the area between its corners, which counts what is run round the other way as less than nothing, is not that of
    the pixels inside; edges are compared one by one only where the two differ. Keyholes touch, and do not cross.

    Parameters
    ----------
    corners : (n, 2); the last is joined to the first
    size : the number of pixels that `fill_even_odd` finds
    """
    begin, end = corners, np.roll(corners, -1, 0)
    length = float(np.linalg.norm(end - begin, axis=1).sum())
    if abs(abs(float(_turn(begin, end).sum())) / 2 - size) <= _ROUNDED * length:
        return False
    step = max(1, _CROSSINGS // len(corners))
    return any(_any_cross(begin[k : k + step], end[k : k + step], begin, end) for k in range(0, len(corners), step))


def _any_cross(begin: Array, end: Array, other_begin: Array, other_end: Array) -> bool:
    """Say whether any edge crosses any of the others, each with its ends on both sides of the other."""
    along, other_along = (end - begin)[:, None], (other_end - other_begin)[None]
    apart = other_begin[None] - begin[:, None]
    ends = _turn(along, apart), _turn(along, apart + other_along)
    other_ends = _turn(other_along, -apart), _turn(other_along, along - apart)
    return bool((_opposite(*ends) & _opposite(*other_ends)).any())


def _opposite(one: Array, other: Array) -> Array:
    """Say where two areas have opposite signs, by more than rounding."""
    return np.asarray((np.minimum(one, other) < -_NOTHING) & (np.maximum(one, other) > _NOTHING))


def _turn(one: Array, other: Array) -> Array:
    """Return twice the signed area of the triangle of two vectors; the last axis is (row, column)."""
    found: Array = one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]
    return found


def join_regions(regions: Sequence[Region], *, exclusive: bool) -> Region:
    """Return what contours of one plane mark together.

    Parameters
    ----------
    exclusive : combine them by exclusive or; else one within another is a hole in it, and within a hole an island, one
        that is there twice counts once, and any others are joined
    """
    regions = [region for region in regions if region.size]
    if len(regions) < 2:
        return regions[0] if regions else Region(0, 0, np.zeros((0, 0), bool))
    low = np.min([(region.row, region.column) for region in regions], axis=0)
    high = np.max([np.add((region.row, region.column), region.inside.shape) for region in regions], axis=0)
    joined = Region(int(low[0]), int(low[1]), np.zeros(high - low, bool))
    before = None
    for region in sorted(regions, key=lambda one: -one.size):
        there = Region(region.row - joined.row, region.column - joined.column, region.inside).view(joined.inside)
        if exclusive:
            there ^= region.inside
        elif (region.inside & ~there).any():
            there |= region.inside
        elif before is None or not _same(region, before):
            there &= ~region.inside
        before = region
    return joined


def _same(one: Region, other: Region) -> bool:
    return (one.row, one.column) == (other.row, other.column) and np.array_equal(one.inside, other.inside)
