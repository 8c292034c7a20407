"""Planes in, scores out: the network over a whole scan, each plane with its neighbours beside it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pleura.inference.backends import Backend
from pleura.inference.bundle import Bundle

BATCH = 4
"""Planes given to the network at a time; bounds the memory that its features take."""

MAX_PLANE_DISTANCE_MM = 2.5
"""How far apart planes are that the network sees; scores of those between are interpolated, and scans of 1 mm take half
the time. Seeing planes 3.2 mm apart cost up to 0.0007 of Dice, 5 mm apart up to 0.0008 (benchmarks/thin_slices.py)."""

TTA_SHIFTS = ((0, 0), (4, 4), (-6, 2), (2, -4))
"""Rows and columns by which a slice that stands alone is moved for the network (test-time augmentation); air lies
around it. They are even, as side scores have half the pixels."""


def score_planes(
    planes: NDArray[np.uint8], slice_spacing: float | None, context_mm: float, backend: Backend
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return `lung` (z, side, side) and `side_score` (z, side / 2, side / 2); see `pleura.inference.backends`.

    `slice_spacing` is the distance of the planes in millimetres, None where it is not known; the neighbours shown to
    the network are those closest to `context_mm` away, the plane itself standing in beyond the ends. Of planes that lie
    closer to each other than `MAX_PLANE_DISTANCE_MM` some are left out, and have the scores between those of the next
    ones. A slice that stands alone is seen from several places instead.
    """
    count, side, _ = planes.shape
    if count == 1:
        return _score_alone(planes, backend)
    gap = _gap(context_mm, slice_spacing)
    lung = np.empty((count, side, side), np.uint8)
    side_score = np.empty((count, side // 2, side // 2), np.uint8)
    seen = planes_seen(count, slice_spacing)
    for start in range(0, len(seen), BATCH):
        here = seen[start : start + BATCH]
        lung[here], side_score[here] = backend(planes[_with_neighbours(here, gap, count)])
    _fill_between(seen, lung)
    _fill_between(seen, side_score)
    return lung, side_score


def planes_seen(count: int, slice_spacing: float | None) -> NDArray[np.intp]:
    """Return which planes the network sees: the first, the last, and between them as many as have to be."""
    # 0.01, since 1.25 mm may be written as 1.2502
    step = max(1, int(MAX_PLANE_DISTANCE_MM / slice_spacing + 0.01)) if slice_spacing else 1
    return np.unique([*range(0, count, step), count - 1])


def _fill_between(seen: NDArray[np.intp], scores: NDArray[np.uint8]) -> None:
    """Write into the planes that the network has not seen what lies between those that it has, linearly."""
    for below, above in itertools.pairwise(seen.tolist()):
        low, high = scores[below].astype(np.int32), scores[above].astype(np.int32)
        apart = above - below
        for step in range(1, apart):
            scores[below + step] = (low * (apart - step) + high * step + apart // 2) // apart


def _score_alone(plane: NDArray[np.uint8], backend: Backend) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the mean over `TTA_SHIFTS` of what the network says of a slice (1, side, side).

    How a border falls on the network's coarser grids is an accident; the mean over a few places is a little better.
    """
    moved = np.concatenate([np.roll(plane, shift, (1, 2)) for shift in TTA_SHIFTS])
    lung, side_score = backend(np.repeat(moved[:, None], 3, axis=1))
    return _mean_moved_back(lung, 1), _mean_moved_back(side_score, 2)


def score_mirrored(
    planes: NDArray[np.uint8],
    slices: NDArray[np.intp],
    slice_spacing: float | None,
    context_mm: float,
    backend: Backend,
) -> NDArray[np.uint8]:
    """Return `lung` (n, side, side) of some planes as the network sees it in their mirror image, brought back.

    The parameters are those of `score_planes`. What is sure looks alike from both sides.
    """
    gap, found = _gap(context_mm, slice_spacing), []
    for start in range(0, len(slices), BATCH):
        here = slices[start : start + BATCH]
        images = planes[_with_neighbours(here, gap, len(planes))]
        found.append(backend(np.ascontiguousarray(images[..., ::-1]))[0][..., ::-1])
    return np.concatenate(found)


def _mean_moved_back(planes: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Return the mean, (1, s, s), of planes (n, s, s) moved back by `TTA_SHIFTS`; one pixel of them is `step` there."""
    back = [
        np.roll(plane, (-down // step, -across // step), (0, 1))
        for plane, (down, across) in zip(planes, TTA_SHIFTS, strict=True)
    ]
    return np.asarray(np.rint(np.mean(back, axis=0)), np.uint8)[None]


def probability_batches(
    planes: NDArray[np.uint8], slice_spacing: float | None, bundle: Bundle, backend: Backend, convention: str = ""
) -> Iterator[tuple[slice, NDArray[np.uint8]]]:
    """Yield, a few planes at a time, which they are and the probability of each class, (n, classes, s, s) uint8.

    `convention` is the one of the bundle's that the network follows, the first where it is empty.
    """
    gap = _gap(bundle.context_mm, slice_spacing)
    for start in range(0, len(planes), BATCH):
        here = np.arange(start, min(start + BATCH, len(planes)))
        seen = _with_neighbours(here, gap, len(planes)) if bundle.planes == 3 else here[:, None]
        images = with_convention_channel(planes[seen], bundle, convention)
        yield slice(start, start + len(here)), backend(images)[0]


def with_convention_channel(images: NDArray[np.uint8], bundle: Bundle, convention: str = "") -> NDArray[np.uint8]:
    """Return images (n, c, s, s) with one more channel where the bundle has conventions."""
    if not bundle.conventions:
        return images
    index = bundle.conventions.index(convention or bundle.conventions[0])
    value = round(255 * index / max(len(bundle.conventions) - 1, 1))  # 0 for the first, 255 for the last
    return np.concatenate([images, np.full_like(images[:, :1], value)], axis=1)


def _gap(context_mm: float, slice_spacing: float | None) -> int:
    """Return how many planes away the neighbours lie that the network sees; the next ones of unknown spacing."""
    return max(1, round(context_mm / slice_spacing)) if slice_spacing else 1


def _with_neighbours(here: NDArray[np.intp], gap: int, count: int) -> NDArray[np.intp]:
    """Return the planes below, here and above, (n, 3)."""
    return np.stack([np.maximum(here - gap, 0), here, np.minimum(here + gap, count - 1)], axis=1)
