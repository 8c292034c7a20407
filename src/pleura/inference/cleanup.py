"""What anatomy knows and single slices don't: two lungs, each of few parts and without holes.

The network decides pixel by pixel. Here, on its grid, parts are given to the lung they are joined to, crumbs are
dropped and holes are filled. Nothing forces two lungs: after a pneumonectomy one lung stays one lung.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.labels import LEFT, RIGHT
from pleura.networks import encoding

Labels = NDArray[np.uint8]
Box = tuple[slice, slice, slice]

APART = 0.5
"""Two lungs side by side reach about 0.8 of the pull that is possible, one lung alone hardly any."""

FILE_SAYS = 0.3
"""How much a scan's own orientation weighs against the pull of the network, which is 0.7 to 0.9 where it is sure.

Scans that are mirrored to what they say pull by -0.4 to -0.8, a rare anatomy (aortic arch on the right) by -0.1.
"""

LEANING = 96.0
"""How far the place of a pixel moves `side_score` at most: by a difference of 6 between the network's scores."""

HOLE = 60
"""Holes up to this many pixels within a slice are filled: a vessel of about 12 mm, at 1.5 mm a pixel."""

LEAST = 60
"""Fewer voxels than this in a whole scan are no lung: about a square centimetre of a single slice."""

CRUMB = 0.02
"""A loose part smaller than this share of its lung is dropped."""

CRUMB_SINGLE = 0.01
"""The same for a single slice, where true parts of a lung are often apart."""


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


def clean(lung: Labels, side_score: Labels) -> Cleaned:
    """Return the lungs, each in few parts and without holes; a box of nothing where there is none.

    Parameters
    ----------
    lung : (z, s, s) uint8, above `encoding.ZERO` where lung is likelier than background
    side_score : (z, s / 2, s / 2) uint8, above `encoding.ZERO` where left is likelier than right
    """
    found = lung > encoding.ZERO
    tight = _bounding_box(found)
    if tight is None or np.count_nonzero(found) < LEAST:
        return Cleaned(np.zeros((1, 1, 1), np.uint8), lung[:1, :1, :1], (slice(0, 1), slice(0, 1), slice(0, 1)))
    del found
    z, y, x = (
        slice(max(side.start - 1, 0), min(side.stop + 1, size)) for side, size in zip(tight, lung.shape, strict=True)
    )
    labels = _sides(lung[z, y, x], settle_sides(lung, side_score), (z, y, x))
    _sort_parts(labels)
    _fill(labels)
    scores = lung[z, y, x].copy()
    _agree(scores, labels)
    return Cleaned(labels, scores, (z, y, x))


def settle_sides(lung: Labels, side_score: Labels) -> Labels:
    """Return `side_score` with the sides of each slice made to agree with the whole scan.

    The direction from the right to the left lung is where `side_score` grows. Where two lungs lie clearly apart, slices
    that contradict the sum over all slices are exchanged, since no patient turns between slices, and the place of a
    pixel, before or behind the middle of the scan in that direction, decides what the network leaves open. A scan of
    several slices says where left is; only a clear contradiction overrules it, and none does where the scan holds but a
    slab of the lungs, from its first slice to its last: that is too little anatomy to judge by.
    """
    pulls = np.array([_pull(_places(plane), sides) for plane, sides in zip(lung, side_score, strict=True)])
    total = pulls[:, :2].sum(axis=0)
    if len(lung) > 1:
        cut = all((plane > encoding.ZERO).any() for plane in (lung[0], lung[-1]))
        total[1] += (1.0 if cut else FILE_SAYS) * pulls[:, 2].sum()
    total /= max(float(np.hypot(*total)), 1e-6)
    growth, possible = pulls[:, :2] @ total, pulls[:, 2]
    if float(np.abs(growth).sum()) < APART * max(float(possible.sum()), 1e-6):
        return side_score
    two_lungs = np.abs(growth) > APART * possible
    some = np.flatnonzero(two_lungs)[:: 1 + len(lung) // 100]
    spans = [_places(lung[z]) @ total for z in some]
    middle, spread = np.concatenate(spans).mean(), max(float(np.concatenate(spans).std()), 1.0)
    settled = side_score.copy()
    settled[two_lungs & (growth < 0)] = 255 - settled[two_lungs & (growth < 0)]
    for plane, sides in zip(lung, settled, strict=True):
        places = _places(plane)
        leaning = LEANING * np.clip(2.0 * (places @ total - middle) / spread, -1.0, 1.0)
        rows, columns = places.T
        sides[rows, columns] = np.clip(sides[rows, columns] + leaning, 0, 255)
    return settled


def _places(lung: Labels) -> NDArray[np.intp]:
    """Return the rows and columns (n, 2) of the lung of a slice, on every second pixel."""
    return np.argwhere(lung[::2, ::2] > encoding.ZERO)


def _pull(places: NDArray[np.intp], side_score: Labels) -> tuple[float, float, float]:
    """Return how `side_score` grows over the lung of a slice, by rows and by columns, and how much it could at most."""
    if not len(places):
        return 0.0, 0.0, 0.0
    pull = side_score[places[:, 0], places[:, 1]].astype(np.float32) - encoding.ZERO
    apart = places - places.mean(axis=0)
    down, across = pull @ apart
    return float(down), float(across), float(np.abs(pull) @ np.hypot(apart[:, 0], apart[:, 1]))


def _sides(lung: Labels, side_score: Labels, box: Box) -> Labels:
    """Return right, left or nothing for each pixel inside the box."""
    rows, columns = (np.arange(side.start, side.stop) // 2 for side in box[1:])
    labels = np.empty_like(lung)
    for z, plane in enumerate(lung):
        is_left = side_score[box[0].start + z][np.ix_(rows, columns)] > encoding.ZERO
        labels[z] = np.where(plane > encoding.ZERO, np.where(is_left, LEFT, RIGHT), 0)
    return labels


def _bounding_box(mask: NDArray[np.bool_]) -> Box | None:
    """Return the smallest box around the mask, or None where it is empty."""
    spans = []
    for axes in ((1, 2), (0, 2), (0, 1)):
        places = np.flatnonzero(mask.any(axis=axes))
        if not places.size:
            return None
        spans.append(slice(int(places[0]), int(places[-1]) + 1))
    return spans[0], spans[1], spans[2]


def _sort_parts(labels: Labels) -> None:
    """Give each loose part to the lung it touches, and drop what touches none and is small; in place."""
    import cc3d

    parts, count = cc3d.connected_components(labels, connectivity=26, return_N=True)
    parts = parts.astype(np.min_scalar_type(count))  # they are few, but cc3d numbers them in four bytes each
    sizes, side_of = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.uint8)
    for plane, numbers in zip(labels, parts, strict=True):  # a whole scan at once would need much memory
        sizes += np.bincount(numbers.ravel(), minlength=count + 1)
        side_of[numbers] = plane
    sizes[0] = 0
    new_side = _decide(sizes, side_of, parts, CRUMB_SINGLE if len(labels) == 1 else CRUMB)
    for plane, numbers in zip(labels, parts, strict=True):
        plane[:] = new_side[numbers]


def _decide(
    sizes: NDArray[np.int64], side_of: NDArray[np.uint8], parts: NDArray[np.integer], crumb: float
) -> NDArray[np.uint8]:
    """Return the side of each part, 0 where it is dropped; `crumb` is a share of the largest part."""
    mains = {side: int(np.argmax(np.where(side_of == side, sizes, 0))) for side in (RIGHT, LEFT)}
    mains = {side: part for side, part in mains.items() if side_of[part] == side}
    touching = _touching(parts, set(mains.values()))
    least = crumb * sizes.max()
    new_side = side_of.copy()
    for part in range(1, len(sizes)):
        side = int(side_of[part])
        other = mains.get(LEFT if side == RIGHT else RIGHT)
        if part == mains[side] and sizes[part] > least:
            continue
        if other and (part, other) in touching and sizes[part] < 0.5 * sizes[other]:
            new_side[part] = side_of[other]
        elif sizes[part] < least:
            new_side[part] = 0
    return new_side


def _touching(parts: NDArray[np.integer], mains: set[int]) -> set[tuple[int, int]]:
    """Return pairs (part, main) of parts that share a face."""
    import cc3d

    pairs = cc3d.contacts(parts, connectivity=6)
    return {(a, b) for pair in pairs for a, b in (pair, pair[::-1]) if b in mains}


def _fill(labels: Labels) -> None:
    """Fill holes, in place: all that are closed in the volume, and small ones within slices.

    A large hole in a slice is no fault: it is the dome of the diaphragm, or the heart.
    """
    import fill_voids

    for side in (RIGHT, LEFT):
        box = _bounding_box(labels == side)
        if box is None:
            continue
        lung = labels[box]
        if len(lung) > 1:
            lung[fill_voids.fill(lung == side) & (lung == 0)] = side
        for plane in lung:
            plane[small_parts(fill_voids.fill(plane == side) & (plane == 0))] = side


def small_parts(holes: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the parts (y, x) of at most `HOLE` pixels."""
    import cc3d

    if not holes.any():
        return holes
    parts = cc3d.connected_components(holes.astype(np.uint8), connectivity=8)
    small = np.bincount(parts.ravel()) <= HOLE
    small[0] = False
    return np.asarray(small[parts])


def _agree(lung: Labels, labels: Labels) -> None:
    """Bring `lung` to the side of `encoding.ZERO` that the labels say, no further than needed, in place."""
    for scores, plane in zip(lung, labels, strict=True):
        dropped = (plane == 0) & (scores > encoding.ZERO)
        scores[dropped] = 255 - scores[dropped]
        scores[(plane > 0) & (scores <= encoding.ZERO)] = encoding.ADDED
