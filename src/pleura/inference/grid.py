"""The model's field of view: where its grid lies on the slices of a scan.

A table, arms and large slices would cost resolution if whole slices were scaled to the network's input. So the
body is found first, by threshold on a coarse copy; a few slices seen on a grid over the body tell where the lungs are;
and the grid is laid over them: one square field of view for all slices of a scan, equal steps along rows and columns in
millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.volume import Kind

COARSE = 128
"""Longest side, in pixels, of the copy on which the body is looked for: 3 to 4 mm a pixel in a field of 400
to 500 mm."""

BODY_IN_SLICES = 0.25
"""Share of the slices in which a pixel is bright that belongs to the body: the chest tapers towards the neck, and an
arm or a cable is there in a few only."""

MIN_BODY_SHARE = 0.05
"""Share of the slice below which no body was found, and all of it is taken: an infant of 15 cm in a field of 50 cm has
0.07."""

BODY_GREY = 0.4
"""Grey of the body's edge in a picture whose window is not known, between the 5th and the 95th percentile, which are
air and soft tissue or bone: nearer to air, as edges are blurred and fat is dark."""

BODY_ABOVE_HU = -400
"""Soft tissue lies above, air, lung and most of the table's foam below."""

BODY_MARGIN = 1.04
"""The field of view is this much larger than the body: the coarse copy places either edge within one of its pixels,
which are 1.6 % of its longest side together, and the rest is air around the skin."""

LUNG_MARGIN = 1.25
"""The field of view around the lungs is this much larger than what the first look saw of them, which may miss
disease."""

SMALLEST = 0.75
"""The field of view around the lungs is at least this part of the body's: of lung bases, a first look sees the tips
only."""

LEAST_LUNG = 200
"""Pixels of the grid, over all slices looked at, below which the first look has found no lung: 5 cm2 in all, of a
body 400 mm wide."""

OUTLIER_SHARE = 0.003
"""Share of the lung's pixels on either side that the field of view may leave out: they are mistakes of the first
look."""


@dataclass(frozen=True)
class FieldOfView:
    """A square in the patient, a rectangle of whole pixels on the slices; it may reach beyond them, into air."""

    top: int
    left: int
    height: int
    width: int


def body_fov(slices: Array, spacing: tuple[float, float], kind: Kind) -> FieldOfView:
    """Return the field of view around the body.

    Parameters
    ----------
    slices : (z, y, x), axial
    spacing : millimetres between rows and between columns; only their ratio counts
    kind : what the values mean; sets the threshold between body and air
    """
    rows, columns = slices.shape[1:]
    step = max(1, max(rows, columns) // COARSE)
    coarse = slices[:, step // 2 :: step, step // 2 :: step]
    often = largest_part((coarse > body_threshold(coarse, kind)).mean(axis=0) > BODY_IN_SLICES)
    if often.mean() < MIN_BODY_SHARE:
        often = np.ones_like(often)
    ys, xs = np.flatnonzero(often.any(axis=1)), np.flatnonzero(often.any(axis=0))
    top, bottom = ys[0] * step, min((ys[-1] + 1) * step, rows)
    left, right = xs[0] * step, min((xs[-1] + 1) * step, columns)
    side = BODY_MARGIN * max((bottom - top) * spacing[0], (right - left) * spacing[1])
    height, width = _in_pixels(side, spacing)
    return FieldOfView(int((top + bottom - height) // 2), int((left + right - width) // 2), height, width)


def whole_fov(plane: tuple[int, ...], spacing: tuple[float, float]) -> FieldOfView:
    """Return the smallest square that holds whole slices of `plane` rows and columns, `spacing` millimetres apart."""
    rows, columns = plane
    side = max(rows * spacing[0], columns * spacing[1])
    height, width = _in_pixels(side, spacing)
    return FieldOfView((rows - height) // 2, (columns - width) // 2, height, width)


def lung_fov(lung: NDArray[np.bool_], fov: FieldOfView, spacing: tuple[float, float]) -> FieldOfView:
    """Return the field of view around the lungs; `fov` itself where there is hardly any lung.

    Parameters
    ----------
    lung : (z, s, s), what is taken for lung on a grid over `fov`
    fov : where that grid lies
    spacing : millimetres between rows and between columns
    """
    if lung.sum() < LEAST_LUNG:
        return fov
    spans = []
    for axis, start, length in ((1, fov.top, fov.height), (2, fov.left, fov.width)):
        share = np.cumsum(lung.sum(axis=(0, 3 - axis))) / lung.sum()
        first, last = np.searchsorted(share, [OUTLIER_SHARE, 1 - OUTLIER_SHARE]) + np.array([0, 1])
        spans.append((start + first * length / lung.shape[axis], start + last * length / lung.shape[axis]))
    side = LUNG_MARGIN * max((last - first) * step for (first, last), step in zip(spans, spacing, strict=True))
    side = max(side, SMALLEST * fov.height * spacing[0])
    height, width = _in_pixels(side, spacing)
    if height >= fov.height:
        return fov
    row, column = (sum(span) / 2 for span in spans)
    return FieldOfView(round(row - height / 2), round(column - width / 2), height, width)


def _in_pixels(side: float, spacing: tuple[float, float]) -> tuple[int, int]:
    """Return the rows and columns of a square whose side is in millimetres."""
    return max(1, round(side / spacing[0])), max(1, round(side / spacing[1]))


def crop(slices: Array, fov: FieldOfView, air: int) -> Array:
    """Return what lies in the field of view, (z, height, width): a view if slices fill it, else padded with `air`."""
    rows, columns, inner = _overlap(slices.shape[1:], fov)
    part = slices[:, rows, columns]
    if part.shape[1:] == (fov.height, fov.width):
        return part
    padded = np.full((len(slices), fov.height, fov.width), air, slices.dtype)
    padded[(slice(None), *inner)] = part
    return padded


def paste(target: Array, patch: Array, fov: FieldOfView) -> None:
    """Write a patch (z, height, width) that covers `fov` into `target` (z, y, x), in place."""
    rows, columns, inner = _overlap(target.shape[1:], fov)
    target[:, rows, columns] = patch[(slice(None), *inner)]


def _overlap(plane: tuple[int, ...], fov: FieldOfView) -> tuple[slice, slice, tuple[slice, slice]]:
    """Return the rows and columns of the plane inside the field of view, and the same region counted inside of it."""
    spans = []
    for start, length, size in zip((fov.top, fov.left), (fov.height, fov.width), plane, strict=True):
        first = min(max(start, 0), size)
        spans.append((first, max(min(start + length, size), first), start))
    outer = [slice(first, last) for first, last, _ in spans]
    inner = [slice(first - start, last - start) for first, last, start in spans]
    return outer[0], outer[1], (inner[0], inner[1])


def body_threshold(values: Array, kind: Kind) -> float:
    """Return the value between air and soft tissue: fixed for HU, between the two main greys for a picture."""
    if kind is Kind.HU:
        return BODY_ABOVE_HU
    low, high = np.percentile(values, [5, 95])
    return float(low + BODY_GREY * (high - low))


def largest_part(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest part (y, x) of a mask, joined by sides; nothing of nothing."""
    import cc3d

    parts = cc3d.connected_components(mask.astype(np.uint8), connectivity=4)
    sizes = np.bincount(parts.ravel())
    if sizes.size < 2:
        return mask
    return np.asarray(parts == 1 + np.argmax(sizes[1:]))
