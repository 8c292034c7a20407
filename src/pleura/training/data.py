"""Training cases in memory, and batches drawn from them.

A case is a stack of neighbouring slices (often just one) with its labels, brought to one size once, so that a
batch is only indexing. Where slices have neighbours, they come along as further channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pleura.arrays import Array
from pleura.errors import UnsuitableInput
from pleura.inference.grid import FieldOfView, body_fov, lung_fov, whole_fov
from pleura.volume import Kind

SIDE = 256
"""Side of the stored slices in pixels."""

CONTEXT_MM = 5.0
"""Distance of the neighbouring slices that the network sees beside the one it labels."""


HU_WINDOW = (-1024.0, 400.0)
"""The window in which the shipped network sees HU scans, scaled to 0..1."""

GREY_RANGE = (0.0, 255.0)
"""The range of pictures that are not HU."""


@dataclass(frozen=True, eq=False)
class Case:
    """Neighbouring axial slices of one scan, at `SIDE` x `SIDE`.

    Attributes
    ----------
    source : name of the set it came from; sets are drawn with weights
    id : of the case in the manifest of its set
    name : what people know it by: its file in the source, where the data set says it, else its id
    slices : (z, SIDE, SIDE) int16: HU, or greys 0..255 for `Kind.WINDOWED`
    labels : (z, SIDE, SIDE) uint8: 0 background, 1 right lung, 2 left lung (or what the data set says), 255 unknown
    fov : what the grid is laid over
    step : millimetres between slices, or None where it is not known or there is one slice only
    sides : (z,) bool; where False, both lungs carry the label 1
    """

    source: str
    slices: NDArray[np.int16]
    labels: NDArray[np.uint8]
    fov: FieldOfView
    step: float | None
    kind: Kind
    sides: NDArray[np.bool_]
    id: str = ""
    name: str = ""


@dataclass(frozen=True, eq=False)
class Batch:
    """Samples before augmentation: images (n, c, SIDE, SIDE) float32, labels (n, SIDE, SIDE) uint8, and their cases."""

    images: NDArray[np.float32]
    labels: NDArray[np.uint8]
    cases: tuple[Case, ...]
    sides: NDArray[np.bool_]


def neighbours(case: Case, z: int, rng: np.random.Generator) -> tuple[int, int, int]:
    """Return the indices of the slice below, the slice itself and the slice above, repeated at the ends.

    In a third of the draws the slice stands alone, so that the network also serves single pictures.
    """
    last = len(case.slices) - 1
    if last == 0 or rng.random() < 0.33:
        return z, z, z
    gap = max(1, round(CONTEXT_MM / case.step)) if case.step else int(rng.integers(1, 4))
    return max(z - gap, 0), z, min(z + gap, last)


SMALL_LUNG = 0.08
"""Share of the picture below which its lungs are small: apices, and bases with their recesses."""

SMALL_OFTEN = 3
"""Slices with small lungs are drawn this much more often than others: they are few, and where masks go wrong."""


def emphasis(labels: NDArray[np.uint8]) -> int:
    """Return how often a slice with these labels (y, x) stands in its set."""
    share = np.count_nonzero((labels > 0) & (labels < 255)) / labels.size
    return SMALL_OFTEN if 0 < share < SMALL_LUNG else 1


class Sampler:
    """Draw batches: first a set by weight, then a slice of it; with `emphasise`, those with small lungs more often.

    A set's slices come in random order, each as often as it stands there, before any of them comes again.
    """

    def __init__(
        self,
        cases: Sequence[Case],
        weights: dict[str, float],
        seed: int,
        slices: int = 3,
        *,
        emphasise: bool = True,
    ) -> None:
        self.rng = np.random.default_rng(seed)
        self.slices = slices
        self.cases = cases
        self.slices_of = {
            source: [
                (case, z)
                for case in cases
                if case.source == source
                for z, labels in enumerate(case.labels)
                for _ in range(emphasis(labels) if emphasise else 1)
            ]
            for source in weights
        }
        empty = [source for source, places in self.slices_of.items() if not places]
        if empty:
            named = f" of {', '.join(filter(None, empty))}" if any(empty) else ""
            raise UnsuitableInput(f"nothing to train on: the split train{named} has no mask", code="empty-dataset")
        self.queues: dict[str, list[int]] = {source: [] for source in self.slices_of}
        total = sum(weights.values())
        self.probabilities = [weight / total for weight in weights.values()]

    def draw(self, size: int) -> Batch:
        """Return a batch of `size` samples."""
        sources = list(self.slices_of)
        images = np.empty((size, self.slices, SIDE, SIDE), np.float32)
        labels = np.empty((size, SIDE, SIDE), np.uint8)
        sides = np.empty(size, bool)
        cases = []
        for index, choice in enumerate(self.rng.choice(len(sources), size, p=self.probabilities)):
            case, z = self._next(sources[choice])
            images[index] = case.slices[list(neighbours(case, z, self.rng)) if self.slices == 3 else [z]]
            labels[index] = case.labels[z]
            sides[index] = case.sides[z]
            cases.append(case)
        return Batch(images, labels, tuple(cases), sides)

    def _next(self, source: str) -> tuple[Case, int]:
        places, queue = self.slices_of[source], self.queues[source]
        if not queue:
            queue.extend(int(place) for place in self.rng.permutation(len(places)))
        return places[queue.pop()]

    @property
    def state(self) -> dict[str, Any]:
        """What the next draws depend on, as JSON holds it; set it to go on from there."""
        return {"rng": self.rng.bit_generator.state, "queues": self.queues}

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        self.rng.bit_generator.state = state["rng"]
        self.queues = state["queues"]


def with_convention_channel(images: Tensor, values: Sequence[float | None]) -> Tensor:
    """Return images (n, c, h, w) with one more channel that holds the value of each, or as they are."""
    if values and values[0] is not None:
        planes = torch.tensor([float(value or 0.0) for value in values]).view(-1, 1, 1, 1)
        return torch.cat([images, planes.expand(-1, 1, *images.shape[2:])], dim=1)
    return images


def make_case(
    source: str,
    slices: Array,
    labels: NDArray[np.uint8],
    *,
    spacing: tuple[float, float] = (1.0, 1.0),
    step: float | None,
    kind: Kind,
    sides: NDArray[np.bool_],
    view: str = "lungs",
    id: str = "",  # noqa: A002 - the field of a case
) -> Case:
    """Return a case from axial arrays of any size.

    `view` is what the grid is laid over, see `TrainingConfig`; the other arguments are fields of `Case`.
    """
    small, small_labels = _to_side(slices, labels, kind)
    if view == "whole":
        scale = SIDE / max(slices.shape[1:])
        fov = whole_fov(tuple(round(size * scale) for size in slices.shape[1:]), spacing)
    elif view == "body" or not small_labels.any():
        fov = body_fov(small, spacing, kind)
    else:
        fov = lung_fov(small_labels > 0, FieldOfView(0, 0, SIDE, SIDE), spacing)
    return Case(source, small, small_labels, fov, step, kind, sides, id, name=id)


def _to_side(slices: Array, labels: NDArray[np.uint8], kind: Kind) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """Scale to fit `SIDE` x `SIDE`, equally along both axes, padded with air at the lower right."""
    from scipy import ndimage

    depth, *plane = slices.shape
    scale = SIDE / max(plane)
    air = -1024 if kind is Kind.HU else 0
    values = np.setdiff1d(labels, [0])
    image = np.full((depth, SIDE, SIDE), air, np.int16)
    label = np.zeros((depth, SIDE, SIDE), np.uint8)
    for z in range(depth):
        if scale == 1.0:
            small, small_label = slices[z], labels[z]
        else:
            small = ndimage.zoom(slices[z].astype(np.float32), scale, order=1, mode="nearest", grid_mode=True)
            parts = [
                ndimage.zoom((labels[z] == value).astype(np.float32), scale, order=1, mode="nearest", grid_mode=True)
                for value in values
            ]
            small_label = np.where(sum(parts) > 0.5, values[np.argmax(parts, axis=0)], 0) if parts else 0
        rows, columns = small.shape
        image[z, :rows, :columns] = np.rint(small)
        label[z, :rows, :columns] = small_label
    return image, label
