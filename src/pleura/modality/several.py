"""Whether one picture shows several: a frontal view beside a lateral one, a page of slices, figures of articles.

Where two pictures meet there is a plain strip between them, or every row steps from one to the other at one column; or,
of two CT slices, air from edge to edge. One chest may show such lines too (an edge of a film, a spine), so the parts
have to look like pictures of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pleura.modality.borders import PLAIN

if TYPE_CHECKING:
    from pleura.modality import Decision

_MOST_PICTURES = 6
"""Pictures side by side, or one below the other, that are looked for."""
_SHAPE = (0.5, 2.0)
"""Height of a part by its width: a chest is about as tall as wide."""
_OFF, _OFF_OF_TWO = 0.03, 0.2
"""Share of the picture by which a line may lie off the even division of a page, and of two pictures of unequal size."""
_STEP, _PLAIN = 1.6, 1000.0
"""Mean step between two columns, in medians of those beside it, that is a line; what a plain column counts for."""
_SAMPLES = 128
"""At least so many pixels of a column tell whether it is plain."""
_AIR = 0.9
"""Share of a column that is dark where the air of two CT slices meets; arms and tables may reach over it."""
_NOISE = 2.0
"""Greys added to the steps beside, so that there is no line in what is nearly plain."""
_BESIDE = 12
"""Columns on either side that a step is compared with."""
_SMALLEST = 48
"""Pixels along the smaller side of a part below which the network sees too little of it."""
_LONG = 1.4
"""Longer by shorter side of a picture that may hold two."""
_SIDE = 512
"""Pixels of the longer side, at most about, of what is looked at; lines between pictures show in any size."""
_LOOKED_AT = 4
"""Parts of a page that are looked at, spread over it."""

Grid = tuple[list[int], list[int]]
"""Where rows and columns of pictures begin and end, in pixels."""


def shows_several(plane: NDArray[np.uint8], look: Callable[[NDArray[np.uint8]], Decision]) -> bool:
    """Say whether a picture is made of several.

    Each part surely is a CT slice or a chest radiograph of its own; in a picture long enough for two, one of them may
    be anything else, as a lateral view. None of 482 single radiographs and 251 single slices was taken for several.

    Parameters
    ----------
    plane : (y, x) uint8 grey
    look : says what a part shows
    """
    step = -(-max(plane.shape) // _SIDE)
    plane = plane[::step, ::step]
    return any(_are_pictures(plane, grid, look) for grid in _grids(plane)) or _are_two_slices(plane, look)


def _are_two_slices(plane: NDArray[np.uint8], look: Callable[[NDArray[np.uint8]], Decision]) -> bool:
    """Say whether a picture is two CT slices whose air meets half-way across it, or half-way down."""
    grey = (float(plane.min()) + float(plane.max())) / 2
    for part in (plane, plane.T):
        height, width = part.shape
        if width < _LONG * height:
            continue
        ends = _division(np.where((part < grey).mean(axis=0) >= _AIR, 1.0, 0.0), width, 2)
        if not ends or min(height, ends[1], width - ends[1]) < _SMALLEST:
            continue
        decisions = [look(np.ascontiguousarray(half)) for half in np.split(part, [ends[1]], axis=1)]
        if all(decision.sure and decision.kind == "ct" for decision in decisions):
            return True
    return False


def _are_pictures(plane: NDArray[np.uint8], grid: Grid, look: Callable[[NDArray[np.uint8]], Decision]) -> bool:
    parts = [(slice(*rows), slice(*columns)) for rows, columns in product(pairwise(grid[0]), pairwise(grid[1]))]
    chosen = sorted({round(k) for k in np.linspace(0, len(parts) - 1, min(len(parts), _LOOKED_AT))})
    decisions = [look(np.ascontiguousarray(plane[parts[k]])) for k in chosen]
    whole = [decision.sure and decision.kind != "other" for decision in decisions]
    if len(parts) == 2 and any(whole) and max(plane.shape) >= _LONG * min(plane.shape):
        return all(sure or decision.kind == "other" for sure, decision in zip(whole, decisions, strict=True))
    return all(whole)


def _grids(plane: NDArray[np.uint8]) -> Iterator[Grid]:
    """Yield the divisions of a picture that lines speak for, the coarsest first."""
    height, width = plane.shape
    lines = {axis: _lines(plane if axis else plane.T) for axis in (0, 1)}
    for down, across in sorted(product(range(1, _MOST_PICTURES + 1), repeat=2), key=lambda grid: grid[0] * grid[1]):
        tall, wide = height / down, width / across
        if down * across == 1 or min(tall, wide) < _SMALLEST or not _SHAPE[0] <= tall / wide <= _SHAPE[1]:
            continue
        rows, columns = _division(lines[0], height, down), _division(lines[1], width, across)
        if rows and columns:
            yield rows, columns


def _division(lines: NDArray[np.float64], length: int, count: int) -> list[int]:
    """Return the ends of `count` parts with the strongest line there is between each two, or nothing."""
    ends = [0]
    off = max(2, round((_OFF_OF_TWO if count == 2 else _OFF) * length))
    for k in range(1, count):
        first = max(0, round(k * length / count) - off)
        near = lines[first : first + 2 * off + 1]
        if not near.any():
            return []
        strongest = np.flatnonzero(near == near.max())
        ends.append(first + int(strongest[strongest.size // 2]))
    return [*ends, length]


def _lines(plane: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return how strongly each column speaks for a picture that ends before it: it is plain, or all rows step there."""
    if plane.shape[1] <= 2 * _BESIDE + 1:
        return np.zeros(plane.shape[1])
    steps = np.abs(np.diff(plane.astype(np.int16), axis=1)).mean(axis=0)
    windows = np.lib.stride_tricks.sliding_window_view(steps, 2 * _BESIDE + 1)
    beside = np.delete(windows, [_BESIDE - 1, _BESIDE, _BESIDE + 1], axis=1)
    strength = steps[_BESIDE:-_BESIDE] / (np.median(beside, axis=1) + _NOISE)
    found = np.pad(np.where(strength > _STEP, strength, 0), (_BESIDE + 1, _BESIDE))
    low, high = np.percentile(plane[:: max(1, len(plane) // _SAMPLES)], (1, 99), axis=0)
    return np.where(high - low <= PLAIN, _PLAIN, found)
