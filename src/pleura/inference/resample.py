"""From slices to the model's grid and back: planes as the network sees them, labels as the scan has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.inference.backends import MOST_RUNS, run_graph
from pleura.inference.bundle import Bundle
from pleura.inference.grid import FieldOfView, crop, paste
from pleura.inference.postprocess import Cleaned
from pleura.volume import Kind

CHUNK_TO_GRID = 4
"""Slices resampled to the grid in one run: 4 of 512 x 512 take 4 MB as float32 in the graph."""

CHUNK_TO_SCAN = 2
"""Slices resampled to the scan in one run: in that graph several such copies live at once."""


def resample_to_grid(slices: Array, fov: FieldOfView, kind: Kind, bundle: Bundle, threads: int) -> NDArray[np.uint8]:
    """Return planes (z, side, side) uint8: the slices inside the field of view, in the window of the recipe.

    Parameters
    ----------
    slices : (z, y, x), axial: int16 HU, or greys of 0..255 for the other kinds
    """
    low, high = bundle.window(kind)
    numbers = {"low": np.array(low, np.float32), "scale": np.array(255.0 / (high - low), np.float32)}
    planes = np.empty((len(slices), bundle.side, bundle.side), np.uint8)

    def run(start: int) -> None:
        part = crop(slices[start : start + CHUNK_TO_GRID], fov, air=int(low))
        part = np.ascontiguousarray(part, dtype=np.int16)[:, None]
        shape = (len(part), 1, bundle.side, bundle.side)
        planes[start : start + CHUNK_TO_GRID] = run_graph(bundle, "prepare", 1, shape, slices=part, **numbers)[:, 0]

    _side_by_side(run, range(0, len(slices), CHUNK_TO_GRID), threads)
    return planes


def resample_to_scan(
    cleaned: Cleaned, fov: FieldOfView, target: NDArray[np.uint8], bundle: Bundle, threads: int
) -> None:
    """Write the labels of the grid into `target` (z, y, x), in place; slices without lung stay as they are.

    Scores are up-sampled and then cut, so that the border is as smooth as the scan allows.
    """
    size = np.array([fov.height, fov.width], np.int64)
    first, rows, columns = cleaned.box
    occupied = np.flatnonzero(cleaned.labels.any(axis=(1, 2)))

    def run(start: int) -> None:
        indices = occupied[start : start + CHUNK_TO_SCAN]
        inputs = {name: np.zeros((len(indices), 1, bundle.side, bundle.side), np.uint8) for name in ("lung", "labels")}
        for name, whole in inputs.items():
            whole[:, 0, rows, columns] = getattr(cleaned, name)[indices]
        shape = (len(indices), 1, fov.height, fov.width)
        patch = run_graph(bundle, "restore", 1, shape, size=size, **inputs)[:, 0]
        for index, z in enumerate(first.start + indices):
            paste(target[z : z + 1], patch[index : index + 1], fov)

    _side_by_side(run, range(0, len(occupied), CHUNK_TO_SCAN), threads)


def _side_by_side(work: Callable[[int], None], starts: Sequence[int], threads: int) -> None:
    """Do the work of each start, several at a time: these graphs gain nothing from threads of their own."""
    if len(starts) == 1:  # a picture, for which a thread costs more than it gains
        work(starts[0])
        return
    with ThreadPoolExecutor(min(threads, MOST_RUNS)) as pool:
        for _ in pool.map(work, starts):
            pass


def argmax_on_scan(
    batches: Iterable[tuple[slice, NDArray[np.uint8]]],
    fov: FieldOfView,
    target: NDArray[np.uint8],
    bundle: Bundle,
    threads: int,
) -> None:
    """Write the likeliest class of each voxel into `target` (z, y, x), in place, probabilities up-sampled before."""
    size = np.array([fov.height, fov.width], np.int64)
    for indices, probabilities in batches:
        shape = (len(probabilities), 1, fov.height, fov.width)
        patch = run_graph(bundle, "restore", threads, shape, size=size, probabilities=probabilities)[:, 0]
        paste(target[indices], patch, fov)
