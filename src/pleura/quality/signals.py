"""What speaks against a mask, as numbers: each the share of it that may be wrong for one reason, 0 for none.

The first is what the network says itself; the others ask the scan and the shape of the mask, for a network is sure of
much that it gets wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.inference.evidence import Evidence, MirroredPrediction
from pleura.labels import LEFT, RIGHT
from pleura.quality.border import Border, crossings, find_border
from pleura.quality.content import air_left_out, empty, solid
from pleura.quality.grid import Grid, Mask, sampled_grid
from pleura.quality.outline import missing_by_symmetry
from pleura.quality.overlap import expected_overlap
from pleura.quality.stack import by_slice, difference_of_bases, unsteady

UNION = 0
"""Stands for all structures together, as their values stand for each."""

NAMES = (
    "uncertain",
    "uneven",
    "border_in_air",
    "border_in_tissue",
    "border_reversed",
    "solid",
    "empty",
    "air_left_out",
    "unsteady",
    "bases",
)
"""The signals of every mask; see `docs/explanation/quality.md`."""

MIRRORED = "disagreement"
"""The one that needs the prediction of the mirror image."""


@dataclass(frozen=True, eq=False)
class Signal:
    """One reason: `value`, and how much of it each sampled slice holds, (z,); empty where not known."""

    value: float
    amounts: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Signals:
    """All signals of a mask.

    Attributes
    ----------
    of : structure's value, or `UNION` -> name -> signal; without structures that were not marked
    slices : the slices of the scan that were sampled, in axial order
    """

    of: Mapping[int, Mapping[str, Signal]]
    slices: NDArray[np.intp]


def find_signals(evidence: Evidence) -> Signals:
    """Return the signals of each structure that was marked, and of all together; nothing of an empty mask."""
    grid = sampled_grid(evidence)
    values = [value for value in range(1, len(evidence.probability) + 1) if (evidence.labels == value).any()]
    if not values:
        return Signals({}, grid.slices)
    border, missing = find_border(grid), missing_by_symmetry(grid)
    shared = {"solid": solid(grid), "empty": empty(grid)}
    of_all = {
        "air_left_out": _share(by_slice(air_left_out(grid)), grid.marked),
        "bases": Signal(difference_of_bases(evidence.labels), np.zeros(0)),
    }
    if evidence.mirrored is not None:
        of_all[MIRRORED] = _disagreement(evidence.labels > 0, evidence.mirrored, grid)
    found = {}
    for value in (UNION, *values):
        part = grid.marked if value == UNION else grid.labels == value
        found[value] = {
            "uncertain": _uncertain(evidence, grid, value),
            "uneven": _share(_missing(missing, value, len(evidence.probability)), part),
            "unsteady": _unsteady(evidence, grid, value),
            **_of_border(border, grid, value),
            **{name: _share(by_slice(mask & part), part) for name, mask in shared.items()},
            **of_all,
        }
    return Signals(found, grid.slices)


def _share(amounts: NDArray[np.float64], part: Mask) -> Signal:
    """Return amounts by slice as a share of a part of the mask."""
    return Signal(float(amounts.sum()) / max(int(np.count_nonzero(part)), 1), amounts)


def _uncertain(evidence: Evidence, grid: Grid, value: int) -> Signal:
    """Return what the network itself expects to be wrong, by the whole scan; by slice the voxels in question."""
    mask = evidence.labels > 0 if value == UNION else evidence.labels == value
    probability = evidence.probability.max(axis=0) if value == UNION else evidence.probability[value - 1]
    wrong = np.where(mask, 255 - probability, probability)[grid.slices]
    return Signal(1.0 - expected_overlap(mask, probability), wrong.sum(axis=(1, 2), dtype=np.int64) / 255.0)


def _disagreement(marked: Mask, mirrored: MirroredPrediction, grid: Grid) -> Signal:
    """Return 1 - Dice of the mask and what the network marks in the mirror image, of the slices that it saw."""
    mask = marked[mirrored.slices]
    differ = by_slice(mask ^ mirrored.marked)
    total = int(np.count_nonzero(mask)) + int(np.count_nonzero(mirrored.marked))
    nearest = np.searchsorted(grid.slices, mirrored.slices).clip(0, len(grid.slices) - 1)
    amounts = np.asarray(np.bincount(nearest, weights=differ, minlength=len(grid.slices)), np.float64)
    return Signal(float(differ.sum()) / max(total, 1), amounts)


def _unsteady(evidence: Evidence, grid: Grid, value: int) -> Signal:
    mask = evidence.labels > 0 if value == UNION else evidence.labels == value
    amounts = by_slice(unsteady(mask))
    return Signal(float(amounts.sum()) / max(int(np.count_nonzero(mask)), 1), amounts[grid.slices])


def _missing(missing: tuple[NDArray[np.float64], NDArray[np.float64]], value: int, count: int) -> NDArray[np.float64]:
    """Return what is missing by symmetry of one side, or of both where `value` stands for both."""
    right, left = missing
    if value == UNION or count == 1:
        return right + left
    return {RIGHT: right, LEFT: left}.get(value, right * 0)


def _of_border(border: Border, grid: Grid, value: int) -> dict[str, Signal]:
    here = np.ones(len(border.z), np.bool_) if value == UNION else border.side == value
    total = max(int(np.count_nonzero(here)), 1)
    found = {}
    for name, wrong in crossings(border, grid).items():
        amounts = np.bincount(border.z[here & wrong], minlength=len(grid.slices)).astype(np.float64)
        found[name] = Signal(float(amounts.sum()) / total, amounts)
    return found
