"""What anatomy knows and single slices don't: two lungs, each of few parts and without holes.

The network decides pixel by pixel. Here, on its grid, parts are given to the lung they are joined to, crumbs are
dropped and holes are filled. Nothing forces two lungs: after a pneumonectomy one lung stays one lung.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.labels import LEFT, RIGHT

Labels = NDArray[np.uint8]

HALF = 128
"""Above it, lung is likelier than background."""

HOLE = 60
"""Holes up to this many pixels within a slice are filled: a vessel of about 12 mm, at 1.5 mm a pixel."""

CRUMB = 0.02
"""A loose part smaller than this share of its lung is dropped."""

CRUMB_SINGLE = 0.01
"""The same for a single slice, where true parts of a lung are often apart."""


def clean(lung: Labels, away: Labels) -> tuple[Labels, Labels]:
    """Return `labels` (z, s, s), and `lung` (z, s, s) made to agree with them.

    Parameters
    ----------
    lung : (z, s, s) uint8, above `HALF` where lung is likelier than background
    away : (z, s / 2, s / 2) uint8, above `HALF` where left is likelier than right
    """
    labels = np.zeros_like(lung)
    box = _bounding_box(lung > HALF)
    if box is None:
        return labels, lung
    half = tuple(slice(side.start // 2, (side.stop + 1) // 2) for side in box[1:])
    wide = away[(box[0], *half)].repeat(2, axis=1).repeat(2, axis=2)
    wide = wide[:, box[1].start % 2 :, box[2].start % 2 :][:, : lung[box].shape[1], : lung[box].shape[2]]
    raw = np.where(lung[box] > HALF, np.where(wide > HALF, LEFT, RIGHT), 0).astype(np.uint8)
    labels[box] = _fill(_sort_parts(raw))
    return labels, _agree(lung, labels)


def _bounding_box(mask: NDArray[np.bool_]) -> tuple[slice, slice, slice] | None:
    """Return the smallest box around the mask, or None where it is empty."""
    spans = []
    for axes in ((1, 2), (0, 2), (0, 1)):
        places = np.flatnonzero(mask.any(axis=axes))
        if not places.size:
            return None
        spans.append(slice(int(places[0]), int(places[-1]) + 1))
    return spans[0], spans[1], spans[2]


def _sort_parts(labels: Labels) -> Labels:
    """Give each loose part to the lung it touches, and drop what touches none and is small."""
    import cc3d

    parts, count = cc3d.connected_components(labels, connectivity=26, return_N=True)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    side_of = np.zeros(count + 1, np.uint8)
    side_of[parts.ravel()] = labels.ravel()
    sizes[0] = 0
    mains = {side: int(np.argmax(np.where(side_of == side, sizes, 0))) for side in (RIGHT, LEFT)}
    mains = {side: part for side, part in mains.items() if part and side_of[part] == side}
    touching = _touching(parts, set(mains.values()))
    share = CRUMB_SINGLE if len(labels) == 1 else CRUMB
    largest = max(sizes[part] for part in mains.values())
    for part in range(1, count + 1):
        other = mains.get(LEFT if side_of[part] == RIGHT else RIGHT)
        if part == mains.get(int(side_of[part])) and sizes[part] > share * largest:
            continue
        if other and (part, other) in touching and sizes[part] < 0.5 * sizes[other]:
            side_of[part] = side_of[other]
        elif sizes[part] < share * largest:
            side_of[part] = 0
    return side_of[parts]


def _touching(parts: NDArray[np.integer], mains: set[int]) -> set[tuple[int, int]]:
    """Return pairs (part, main) of parts that share a face."""
    import cc3d

    pairs = cc3d.contacts(parts, connectivity=6)
    return {(a, b) for pair in pairs for a, b in (pair, pair[::-1]) if b in mains}


def _fill(labels: Labels) -> Labels:
    """Return the labels with holes filled: all that are closed in the volume, and small ones within slices.

    A large hole in a slice is no fault: it is the dome of the diaphragm, or the heart.
    """
    import fill_voids

    for side in (RIGHT, LEFT):
        if len(labels) > 1:
            labels[fill_voids.fill(labels == side) & (labels == 0)] = side
        for plane in labels:
            mask = plane == side
            if mask.any():
                plane[_small_parts(fill_voids.fill(mask) & (plane == 0))] = side
    return labels


def _small_parts(holes: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the parts (y, x) of at most `HOLE` pixels."""
    import cc3d

    if not holes.any():
        return holes
    parts = cc3d.connected_components(holes.astype(np.uint8), connectivity=8)
    small = np.bincount(parts.ravel()) <= HOLE
    small[0] = False
    return np.asarray(small[parts])


def _agree(lung: Labels, labels: Labels) -> Labels:
    """Return `lung` brought to the side of `HALF` that the labels say, changed no further than needed."""
    lung = np.where((labels == 0) & (lung > HALF), 255 - lung, lung)
    return np.where((labels > 0) & (lung <= HALF), HALF + 16, lung).astype(np.uint8)
