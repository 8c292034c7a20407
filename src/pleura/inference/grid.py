"""The model's square grid: where it lies on the slices of a scan.

A table, arms and a large field of view would cost resolution if whole slices were scaled to the network's input.
So the body is found first, by threshold on a coarse copy; a few slices seen on a grid over the body tell where the
lungs are; and the grid is laid over them: one square for all slices of a scan, equal steps along rows and columns in
millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.volume import Kind

COARSE = 128
"""Longest side, in pixels, of the copy on which the body is looked for."""

BODY_ABOVE_HU = -400
"""Soft tissue lies above, air, lung and most of the table's foam below."""

MARGIN = 1.04
"""The square is this much larger than the body."""


ROOM = 1.25
"""The square around the lungs is this much larger than what the first look saw of them, which may miss disease."""

SMALLEST = 0.75
"""The square around the lungs is at least this part of the body's: of lung bases, a first look sees the tips only."""

LEAST_LUNG = 200
"""Pixels of the grid, over all slices looked at, below which the first look has found no lung."""

CRUMBS = 0.003
"""Share of the lung's pixels on either side that the square may leave out: they are mistakes of the first look."""


@dataclass(frozen=True)
class Square:
    """A square in the patient, a rectangle of whole pixels on the slices; it may reach beyond them, into air."""

    top: int
    left: int
    height: int
    width: int


def body_square(slices: NDArray[Any], spacing: tuple[float, float], kind: Kind) -> Square:
    """Return the square around the body.

    Parameters
    ----------
    slices : (z, y, x), axial
    spacing : millimetres between rows and between columns; only their ratio counts
    kind : what the values mean; sets the threshold between body and air
    """
    rows, columns = slices.shape[1:]
    step = max(1, max(rows, columns) // COARSE)
    coarse = slices[:, step // 2 :: step, step // 2 :: step]
    often = _largest_part((coarse > _body_threshold(coarse, kind)).mean(axis=0) > 0.25)
    if often.mean() < 0.05:
        often = np.ones_like(often)
    ys, xs = np.flatnonzero(often.any(axis=1)), np.flatnonzero(often.any(axis=0))
    top, bottom = ys[0] * step, min((ys[-1] + 1) * step, rows)
    left, right = xs[0] * step, min((xs[-1] + 1) * step, columns)
    side = MARGIN * max((bottom - top) * spacing[0], (right - left) * spacing[1])
    height, width = max(1, round(side / spacing[0])), max(1, round(side / spacing[1]))
    return Square(int((top + bottom - height) // 2), int((left + right - width) // 2), height, width)


def whole_square(plane: tuple[int, ...], spacing: tuple[float, float]) -> Square:
    """Return the smallest square that holds whole slices of `plane` rows and columns, `spacing` millimetres apart."""
    rows, columns = plane
    side = max(rows * spacing[0], columns * spacing[1])
    height, width = max(1, round(side / spacing[0])), max(1, round(side / spacing[1]))
    return Square((rows - height) // 2, (columns - width) // 2, height, width)


def lung_square(lung: NDArray[np.bool_], square: Square, spacing: tuple[float, float]) -> Square:
    """Return the square around the lungs, with `ROOM` to spare; `square` itself where there is hardly any lung.

    Parameters
    ----------
    lung : (z, s, s), what is taken for lung on a grid over `square`
    square : where that grid lies
    spacing : millimetres between rows and between columns
    """
    if lung.sum() < LEAST_LUNG:
        return square
    spans = []
    for axis, start, length in ((1, square.top, square.height), (2, square.left, square.width)):
        share = np.cumsum(lung.sum(axis=(0, 3 - axis))) / lung.sum()
        first, last = np.searchsorted(share, [CRUMBS, 1 - CRUMBS]) + np.array([0, 1])
        spans.append((start + first * length / lung.shape[axis], start + last * length / lung.shape[axis]))
    side = ROOM * max((last - first) * step for (first, last), step in zip(spans, spacing, strict=True))
    side = max(side, SMALLEST * square.height * spacing[0])
    height, width = max(1, round(side / spacing[0])), max(1, round(side / spacing[1]))
    if height >= square.height:
        return square
    row, column = (sum(span) / 2 for span in spans)
    return Square(round(row - height / 2), round(column - width / 2), height, width)


def cut(slices: NDArray[Any], square: Square, air: int) -> NDArray[Any]:
    """Return (z, height, width): what lies in the square; a view if it holds slices only, else padded with `air`."""
    rows, columns, inner = _overlap(slices.shape[1:], square)
    part = slices[:, rows, columns]
    if part.shape[1:] == (square.height, square.width):
        return part
    padded = np.full((len(slices), square.height, square.width), air, slices.dtype)
    padded[(slice(None), *inner)] = part
    return padded


def paste(target: NDArray[Any], patch: NDArray[Any], square: Square) -> None:
    """Write a patch (z, height, width) that covers `square` into `target` (z, y, x), in place."""
    rows, columns, inner = _overlap(target.shape[1:], square)
    target[:, rows, columns] = patch[(slice(None), *inner)]


def _overlap(plane: tuple[int, ...], square: Square) -> tuple[slice, slice, tuple[slice, slice]]:
    """Return the rows and columns of the plane inside the square, and the same region counted inside the square."""
    spans = []
    for start, length, size in zip((square.top, square.left), (square.height, square.width), plane, strict=True):
        first = min(max(start, 0), size)
        spans.append((first, max(min(start + length, size), first), start))
    outer = [slice(first, last) for first, last, _ in spans]
    inner = [slice(first - start, last - start) for first, last, start in spans]
    return outer[0], outer[1], (inner[0], inner[1])


def _body_threshold(coarse: NDArray[Any], kind: Kind) -> float:
    """Return the value between air and soft tissue: fixed for HU, between the two main greys for a picture."""
    if kind is Kind.HU:
        return BODY_ABOVE_HU
    low, high = np.percentile(coarse, [5, 95])
    return float(low + 0.4 * (high - low))


def _largest_part(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    import cc3d

    parts = cc3d.connected_components(mask.astype(np.uint8), connectivity=4)
    sizes = np.bincount(parts.ravel())
    if sizes.size < 2:
        return mask
    return np.asarray(parts == 1 + np.argmax(sizes[1:]))
