"""Labels on the model's grid in, labels on the scan's own grid out."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pleura.inference.backends import run_graph
from pleura.inference.bundle import Bundle
from pleura.inference.cleanup import Cleaned
from pleura.inference.grid import Square, paste

CHUNK = 4
"""Slices restored at a time; bounds the memory needed."""


def restore(cleaned: Cleaned, square: Square, target: NDArray[np.uint8], bundle: Bundle, threads: int) -> None:
    """Write the labels of the grid into `target` (z, y, x), in place; slices without lung stay as they are.

    Scores are up-sampled and then cut, so that the border is as smooth as the scan allows.
    """
    size = np.array([square.height, square.width], np.int64)
    first, rows, columns = cleaned.box
    occupied = np.flatnonzero(cleaned.labels.any(axis=(1, 2)))
    for start in range(0, len(occupied), CHUNK):
        here = occupied[start : start + CHUNK]
        inputs = {name: np.zeros((len(here), 1, bundle.side, bundle.side), np.uint8) for name in ("lung", "labels")}
        for name, whole in inputs.items():
            whole[:, 0, rows, columns] = getattr(cleaned, name)[here]
        shape = (len(here), 1, square.height, square.width)
        patch = run_graph(bundle, "restore", threads, shape, size=size, **inputs)[:, 0]
        for index, z in enumerate(first.start + here):
            paste(target[z : z + 1], patch[index : index + 1], square)


def restore_probabilities(
    batches: Iterable[tuple[slice, NDArray[np.uint8]]],
    square: Square,
    target: NDArray[np.uint8],
    bundle: Bundle,
    threads: int,
) -> None:
    """Write the likeliest class of each voxel into `target` (z, y, x), in place, probabilities up-sampled before."""
    size = np.array([square.height, square.width], np.int64)
    for here, probabilities in batches:
        shape = (len(probabilities), 1, square.height, square.width)
        patch = run_graph(bundle, "restore", threads, shape, size=size, probabilities=probabilities)[:, 0]
        paste(target[here], patch, square)
