"""What anatomy knows and single slices don't: two lungs, each of few parts and without holes.

The network decides pixel by pixel. Here, on its grid, parts are given to the lung they are joined to, specks are
dropped and holes are filled. Nothing forces two lungs: after a pneumonectomy one lung stays one lung.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.geometry import bounding_box
from pleura.inference.morphology import Box, box_around
from pleura.inference.sides import resolve_sides
from pleura.labels import LEFT, RIGHT
from pleura.networks import encoding

Labels = NDArray[np.uint8]

MAX_HOLE = 60
"""Holes up to this many pixels within a slice are filled: a vessel of about 12 mm, at 1.5 mm a pixel."""

MIN_VOXELS = 60
"""Fewer voxels than this in a whole scan are no lung: about a square centimetre of a single slice."""

MIN_COMPONENT_SHARE = 0.02
"""A loose part smaller than this share of the largest is dropped. Reference masks of 10 lungs in whole scans are in one
part each, but for specks of 0.0001."""

MIN_COMPONENT_SHARE_SLICE = 0.01
"""The same for a single slice, where true parts of a lung are often apart: of 464 parts in 223 reference slices 18 are
smaller, 0.2 % of their mask at most, and none has 0.01 to 0.05."""

MAX_GIVEN_SHARE = 0.5
"""A part that touches the other lung is given to it if it is smaller than this share of that lung: else it is a lung of
its own, which touches the other in front of the heart."""


@dataclass(frozen=True, eq=False)
class Cleaned:
    """Lungs on the model's grid, inside the box that holds them with one voxel around, as far as the grid goes.

    Attributes
    ----------
    labels : (z, y, x) uint8: 0 background, 1 right lung, 2 left lung
    lung : (z, y, x) uint8, above `encoding.ZERO` where there is a label
    box : where both lie on the grid
    """

    labels: Labels
    lung: Labels
    box: Box


def clean_volume(lung: Labels, side_score: Labels) -> Cleaned:
    """Return the lungs, each in few parts and without holes; a box of nothing where there is none.

    Parameters
    ----------
    lung : (z, s, s) uint8, above `encoding.ZERO` where lung is likelier than background
    side_score : (z, s / 2, s / 2) uint8, above `encoding.ZERO` where left is likelier than right
    """
    found = lung > encoding.ZERO
    if np.count_nonzero(found) < MIN_VOXELS:
        return Cleaned(np.zeros((1, 1, 1), np.uint8), lung[:1, :1, :1], (slice(0, 1), slice(0, 1), slice(0, 1)))
    box = box_around(found, 1)
    del found
    labels = _sides(lung[box], resolve_sides(lung, side_score), box)
    _assign_components(labels)
    _fill(labels)
    scores = lung[box].copy()
    _match_scores_to_labels(scores, labels)
    return Cleaned(labels, scores, box)


def _sides(lung: Labels, side_score: Labels, box: Box) -> Labels:
    """Return right, left or nothing for each pixel inside the box."""
    depth, rows, columns = box
    labels = np.empty_like(lung)
    for target, plane, scores in zip(labels, lung, side_score[depth], strict=True):
        coarse = np.where(scores > encoding.ZERO, np.uint8(LEFT), np.uint8(RIGHT))
        target[:] = coarse.repeat(2, axis=0)[rows].repeat(2, axis=1)[:, columns] * (plane > encoding.ZERO)
    return labels


def _assign_components(labels: Labels) -> None:
    """Give each loose part to the lung it touches, and drop what touches none and is small; in place."""
    import cc3d

    parts, sides = _numbered(labels)
    sizes = np.sum([np.bincount(plane.ravel(), minlength=len(sides)) for plane in parts], axis=0)
    sizes[0] = 0
    least = (MIN_COMPONENT_SHARE_SLICE if len(labels) == 1 else MIN_COMPONENT_SHARE) * sizes.max()
    mains = {side: int(np.argmax(np.where(sides == side, sizes, 0))) for side in (RIGHT, LEFT)}
    settled = [main for main in mains.values() if sizes[main] > least]
    loose = np.ones(len(sizes), np.bool_)
    loose[[0, *settled]] = False
    if not loose.any():
        return
    box = box_around(loose[parts], 1)
    near = np.ascontiguousarray(parts[box])
    pairs = cc3d.contacts(near, connectivity=6)
    touching = {(a, b) for pair in pairs for a, b in (pair, pair[::-1]) if b in mains.values()}
    labels[box] = _decide(sizes, sides, mains, touching, least)[near]


def _numbered(labels: Labels) -> tuple[NDArray[np.unsignedinteger], NDArray[np.uint8]]:
    """Return the number of the part, joined by corners too, that each voxel belongs to, and the side of each part."""
    found = [_parts(labels, side) for side in (RIGHT, LEFT)]
    counts = [count for _, _, count in found]
    numbers = np.zeros(labels.shape, np.min_scalar_type(sum(counts)))
    for (box, parts, _), before in zip(found, (0, counts[0]), strict=True):
        np.add(parts, before, out=numbers[box], where=parts > 0, dtype=numbers.dtype)
    return numbers, np.repeat(np.array([0, RIGHT, LEFT], np.uint8), [1, *counts])


def _parts(labels: Labels, side: int) -> tuple[Box, NDArray[np.unsignedinteger], int]:
    """Return where the parts of a side lie, the number of each voxel's there, and how many they are."""
    import cc3d

    box = box_around(labels == side)
    mask = (labels[box] == side).view(np.uint8)  # of masks a few voxels wide, cc3d 4.1.1 fails where they are Boolean
    parts, count = cc3d.connected_components(mask, connectivity=26, return_N=True)
    return box, parts.astype(np.min_scalar_type(count)), count  # they are few, but cc3d takes four bytes for each


def _decide(
    sizes: NDArray[np.int64],
    sides: NDArray[np.uint8],
    mains: dict[int, int],
    touching: set[tuple[int, int]],
    least: float,
) -> NDArray[np.uint8]:
    """Return the side that each part is given to, 0 where it is dropped.

    Parameters
    ----------
    sizes, sides : voxels and side of each part
    mains : the largest part of each side; 0 where there is none
    touching : pairs (part, main) of parts that share a face
    least : voxels of a part below which it is dropped
    """
    given = sides.copy()
    for part in range(1, len(sizes)):
        other = mains[LEFT if sides[part] == RIGHT else RIGHT]
        if part in mains.values() and sizes[part] > least:
            continue
        if other and (part, other) in touching and sizes[part] < MAX_GIVEN_SHARE * sizes[other]:
            given[part] = sides[other]
        elif sizes[part] < least:
            given[part] = 0
    return given


def _fill(labels: Labels) -> None:
    """Fill holes, in place: all that are closed in the volume, and small ones within slices.

    A large hole in a slice is no fault: it is the dome of the diaphragm, or the heart.
    """
    import fill_voids

    for side in (RIGHT, LEFT):
        box = bounding_box(labels == side)
        if box is None:
            continue
        lung = labels[box]
        if len(lung) > 1:
            lung[fill_voids.fill(lung == side) & (lung == 0)] = side
        for plane in lung:
            plane[small_holes(fill_voids.fill(plane == side) & (plane == 0))] = side


def small_holes(holes: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the parts (y, x) of at most `MAX_HOLE` pixels."""
    import cc3d

    if not holes.any():
        return holes
    parts = cc3d.connected_components(holes.astype(np.uint8), connectivity=8)
    small = np.bincount(parts.ravel()) <= MAX_HOLE
    small[0] = False
    return np.asarray(small[parts])


def _match_scores_to_labels(lung: Labels, labels: Labels) -> None:
    """Bring `lung` to the side of `encoding.ZERO` that the labels say, no further than needed, in place."""
    for scores, plane in zip(lung, labels, strict=True):
        dropped = (plane == 0) & (scores > encoding.ZERO)
        scores[dropped] = 255 - scores[dropped]
        scores[(plane > 0) & (scores <= encoding.ZERO)] = encoding.ADDED
