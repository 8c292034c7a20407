"""What is marked in a slice as closed polygons midway between its pixels, each hole joined to its outline by a keyhole.

A hole that is a contour of its own is filled by some programs, so outline and hole are one polygon, which enters and
leaves the hole through a cut without width. The cut runs between two rows of pixels, through no pixel's centre, and the
hole is run round against the outline, so that the rules of even and odd and of winding numbers find the same inside.
No polygon begins or ends at a cut: plastimatch leaves out the last corner.

Corners count in half pixels here, as whole numbers: where an outline passes between two pixels, one of its row and
column is odd and the other even.

References: DICOM PS3.3 section C.8.8.6.3 (inner and outer contours); Lorensen and Cline, SIGGRAPH 1987 (marching cubes,
of which these are the squares).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pleura.geometry import bounding_box

Corners = NDArray[np.int64]
"""(n, 2) row and column of each corner of a polygon, in half pixels."""


def outlines(marked: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Return the polygons around what is marked in a slice.

    Parameters
    ----------
    marked : (rows, columns)

    Returns
    -------
    (n, 2) corners as (row, column) in pixels, pixel centres at whole numbers; the last is joined to the first. Every
    marked pixel has its centre inside one of them, every other one outside of all.
    """
    box = bounding_box(marked)
    if box is None:
        return []
    corner = np.array([box[0].start - 1, box[1].start - 1])
    return [polygon / 2 + corner for polygon in map(_as_one, _rings(np.pad(marked[box], 1)))]


def _rings(marked: NDArray[np.bool_]) -> list[list[Corners]]:
    """Return of each polygon its outline and its holes, as rings of corners, one between every two pixels they part."""
    from contourpy import FillType, contour_generator

    generator = contour_generator(z=marked.astype(np.float64), fill_type=FillType.OuterOffset)
    filled = generator.filled(0.5, 2.0)
    return [
        [
            np.rint(2 * of_polygon[start : end - 1, ::-1]).astype(np.int64)  # the last point repeats the first
            for start, end in pairwise(offsets_of_polygon.tolist())
        ]
        for of_polygon, offsets_of_polygon in zip(*filled, strict=True)
    ]


def _as_one(rings: list[Corners]) -> Corners:
    """Return an outline and its holes as one polygon."""
    if len(rings) == 1:
        return rings[0][_bends(rings[0])]
    points, at_cut = _joined([_with_crossings(ring) for ring in rings])
    begun = int(np.argmin(at_cut | np.roll(at_cut, 1)))  # where neither the first corner nor the last is a cut's end
    points, at_cut = np.roll(points, -begun, 0), np.roll(at_cut, -begun)
    at_cut[-1] = True
    return points[_bends(points) | at_cut]


def _bends(ring: Corners) -> NDArray[np.bool_]:
    """Say of each corner whether the ring bends there; others add nothing."""
    into, out = ring - np.roll(ring, 1, 0), np.roll(ring, -1, 0) - ring
    bends: NDArray[np.bool_] = into[:, 0] * out[:, 1] != into[:, 1] * out[:, 0]
    return bends


def _with_crossings(ring: Corners) -> Corners:
    """Return a ring with a corner wherever it crosses the line between two rows of pixels, where a cut may end."""
    step = np.roll(ring, -1, 0) - ring
    down = np.flatnonzero(np.abs(step[:, 0]) == 2)
    return np.insert(ring, down + 1, ring[down] + step[down] // 2, axis=0)


def _joined(rings: list[Corners]) -> tuple[Corners, NDArray[np.bool_]]:
    """Return one polygon of all rings, and which of its corners lie at the ends of a cut.

    From its leftmost corner between two rows, each hole is cut leftwards to whatever ring comes first. So every hole
    hangs on one that begins further left, and at last on the outline, which is the first ring.
    """
    points = np.concatenate(rings)
    by_place = np.lexsort((points[:, 1], points[:, 0]))
    place = np.argsort(by_place)
    after, before = _neighbours([len(ring) for ring in rings])
    point = list(range(len(points)))
    begun = len(rings[0])
    for ring in rings[1:]:
        between = begun + np.flatnonzero(ring[:, 0] % 2)
        leftmost = int(between[np.argmin(points[between, 1])])
        _splice(leftmost, int(by_place[place[leftmost] - 1]), point, after, before)
        begun += len(ring)
    nodes = [0]
    while (node := after[nodes[-1]]) != 0:
        nodes.append(node)
    at_cut = np.zeros(len(points), bool)
    at_cut[point[len(points) :]] = True
    order = np.array(point)[nodes]
    return points[order], at_cut[order]


def _neighbours(lengths: list[int]) -> tuple[list[int], list[int]]:
    """Return the corner after and the corner before each one of rings of these lengths."""
    after, before, begun = [], [], 0
    for length in lengths:
        after += [*range(begun + 1, begun + length), begun]
        before += [begun + length - 1, *range(begun, begun + length - 1)]
        begun += length
    return after, before


def _splice(hole: int, ring: int, point: list[int], after: list[int], before: list[int]) -> None:
    """Run from a corner of a ring to one of a hole, round the hole, and back; both corners are there twice then."""
    hole_again, ring_again = len(point), len(point) + 1
    last, follower = before[hole], after[ring]
    point += [point[hole], point[ring]]
    after += [ring_again, follower]
    before += [last, hole_again]
    after[ring], before[hole] = hole, ring
    after[last], before[follower] = hole_again, ring_again
