"""The parts of a lung that are measured by themselves, and the histogram of each, from one pass over the scan.

Thirds are made of whole slices, counted from the lowest to the highest that holds the lung; halves of whole rows. Each
lung is divided by itself, so that the upper third of both is the two upper thirds together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.measurement.density import Counts

Part = Literal[
    "whole",
    "upper_third_by_height",
    "middle_third_by_height",
    "lower_third_by_height",
    "upper_third_by_volume",
    "middle_third_by_volume",
    "lower_third_by_volume",
    "ventral_half_by_depth",
    "dorsal_half_by_depth",
]
"""A lung, or a part of it: a third of its slices, a third of its voxels, or a half of its rows from front to back."""

Divided = NDArray[np.int64]
"""Counts by (third by height, third by volume, half, bin); thirds from below, halves from the front."""


def divided_counts(
    labels: NDArray[np.uint8], hu: Array | None, values: Sequence[int]
) -> tuple[tuple[Divided, ...], int]:
    """Return the histograms of structures, divided into parts.

    Parameters
    ----------
    labels : (z, y, x), axes to the head, to the back, to the left
    hu : (z, y, x) whole numbers; None where values are not HU, and voxels are counted alone
    values : of the structures in `labels`

    Returns
    -------
    the counts of each structure, and the HU of the first bin
    """
    first, last = (0, 0) if hu is None or not hu.size else (int(hu.min()), int(hu.max()))
    found = np.zeros((len(values), 3, 3, 2, last - first + 1), np.int64)
    profiles = [_rows(labels, value) for value in values]
    volumes = [_thirds(profile.sum(axis=1)) for profile in profiles]
    heights = [_thirds(_between_ends(profile.sum(axis=1))) for profile in profiles]
    halves = np.array([_middle_row(profile) for profile in profiles], np.intp)
    for z, plane in enumerate(labels):
        counted = _slice_counts(plane, None if hu is None else hu[z], values, halves, first, found.shape[-1])
        for number, (height, volume) in enumerate(zip(heights, volumes, strict=True)):
            found[number, height[z], volume[z]] += counted[number]
    return tuple(found), first


def parts(divided: Divided) -> Iterator[tuple[Part, Counts]]:
    """Yield the counts of each part of a lung, the whole first."""
    by_height, by_volume, by_depth = (divided.sum(axis=axes) for axes in ((1, 2), (0, 2), (0, 1)))
    yield "whole", by_depth.sum(axis=0)
    yield "upper_third_by_height", by_height[2]
    yield "middle_third_by_height", by_height[1]
    yield "lower_third_by_height", by_height[0]
    yield "upper_third_by_volume", by_volume[2]
    yield "middle_third_by_volume", by_volume[1]
    yield "lower_third_by_volume", by_volume[0]
    yield "ventral_half_by_depth", by_depth[0]
    yield "dorsal_half_by_depth", by_depth[1]


def box_around(labels: NDArray[np.uint8]) -> tuple[slice, slice, slice]:
    """Return the smallest box around all labels (z, y, x); an empty one where there are none."""
    across, down = labels.max(axis=2), labels.max(axis=1)
    occupied = (across.max(axis=1), across.max(axis=0), down.max(axis=0))
    z, y, x = (np.flatnonzero(profile) for profile in occupied)
    return _span(z), _span(y), _span(x)


def _span(indices: NDArray[np.intp]) -> slice:
    return slice(int(indices[0]), int(indices[-1]) + 1) if indices.size else slice(0, 0)


def _rows(labels: NDArray[np.uint8], value: int) -> NDArray[np.int64]:
    """Return how many voxels of a structure each row (z, y) holds."""
    return np.stack([np.count_nonzero(plane == value, axis=1) for plane in labels]) if len(labels) else _NO_ROWS


_NO_ROWS = np.zeros((0, 0), np.int64)


def _thirds(weights: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return for each slice in which third (0, 1, 2) of the sum of the weights its middle lies."""
    middles = np.cumsum(weights) - weights / 2
    thirds: NDArray[np.intp] = np.minimum(3 * middles / max(int(weights.sum()), 1), 2).astype(np.intp)
    return thirds


def _between_ends(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 1 for each slice from the first to the last that holds the structure, empty ones between included."""
    weights = np.zeros(len(counts), np.int64)
    weights[_span(np.flatnonzero(counts))] = 1
    return weights


def _middle_row(profile: NDArray[np.int64]) -> int:
    """Return the first row of the dorsal half; the middle one of an odd number is dorsal."""
    span = _span(np.flatnonzero(profile.sum(axis=0)))
    return int(span.start + span.stop) // 2


def _slice_counts(
    labels: NDArray[np.uint8],
    hu: Array | None,
    values: Sequence[int],
    halves: NDArray[np.intp],
    first: int,
    bins: int,
) -> NDArray[np.int64]:
    """Return the counts of one slice by (structure, half, bin)."""
    structure = np.full(256, -1, np.intp)
    structure[list(values)] = np.arange(len(values))
    inside = np.flatnonzero(labels)
    which = structure[labels.ravel()[inside]]
    if (which < 0).any():  # values that stand for nothing that is measured
        inside, which = inside[which >= 0], which[which >= 0]
    group = 2 * which + (inside // labels.shape[1] >= halves[which])
    level = 0 if hu is None else hu.ravel()[inside] - np.intp(first)
    counted = np.bincount(group * bins + level, minlength=2 * len(values) * bins)
    return counted.reshape(len(values), 2, bins)
