"""Batches drawn from the training cases: which sets, which slices, and which neighbours come along as channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnsuitableInput
from pleura.training.data import CONTEXT_MM, SIDE, TrainingCase

ALONE = 0.33
"""Share of the draws without neighbours: single pictures and both ends of scans have none (chosen)."""

SMALL_LUNG = 0.08
"""Share of the picture below which its lungs are small: apices, and bases with their recesses."""

SMALL_OFTEN = 3
"""Slices with small lungs are drawn this much more often than others: they are few, and where masks go wrong."""


class SamplerState(TypedDict):
    """What the next draws depend on, as JSON holds it: the state of the generator, and what is left of each source."""

    rng: Mapping[str, object]
    queues: dict[str, list[int]]


@dataclass(frozen=True, eq=False)
class Batch:
    """Samples before augmentation: images (n, c, SIDE, SIDE) float32, labels (n, SIDE, SIDE) uint8, and their cases."""

    images: NDArray[np.float32]
    labels: NDArray[np.uint8]
    cases: tuple[TrainingCase, ...]
    sides: NDArray[np.bool_]


def neighbours(case: TrainingCase, z: int, rng: np.random.Generator) -> tuple[int, int, int]:
    """Return the indices of the slice below, the slice itself and the slice above, repeated at the ends.

    In `ALONE` of the draws the slice stands alone, so that the network also serves single pictures.
    """
    last = len(case.slices) - 1
    if last == 0 or rng.random() < ALONE:
        return z, z, z
    gap = max(1, round(CONTEXT_MM / case.slice_spacing)) if case.slice_spacing else int(rng.integers(1, 4))
    return max(z - gap, 0), z, min(z + gap, last)


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
        cases: Sequence[TrainingCase],
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
        empty = [source for source, entries in self.slices_of.items() if not entries]
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

    def _next(self, source: str) -> tuple[TrainingCase, int]:
        entries, queue = self.slices_of[source], self.queues[source]
        if not queue:
            queue.extend(int(index) for index in self.rng.permutation(len(entries)))
        return entries[queue.pop()]

    @property
    def state(self) -> SamplerState:
        """What the next draws depend on, as JSON holds it; set it to go on from there."""
        return {"rng": self.rng.bit_generator.state, "queues": self.queues}

    @state.setter
    def state(self, state: SamplerState) -> None:
        self.rng.bit_generator.state = state["rng"]
        self.queues = state["queues"]
