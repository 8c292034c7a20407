"""Slices in, planes out: what the network sees, as bytes on its grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.inference.backends import run_graph
from pleura.inference.bundle import Bundle
from pleura.inference.grid import Square, cut
from pleura.volume import Kind

CHUNK = 8
"""Slices sampled at a time; bounds the memory needed."""


def sample_planes(slices: NDArray[Any], square: Square, kind: Kind, bundle: Bundle, threads: int) -> NDArray[np.uint8]:
    """Return planes (z, side, side) uint8: the slices inside the square, in the window of the recipe.

    `slices` are (z, y, x), axial: int16 HU, or greys of 0..255 for `Kind.WINDOWED`.
    """
    low, high = bundle.recipe["intensity"]["hu_window" if kind is Kind.HU else "windowed"]
    numbers = {"low": np.array(low, np.float32), "scale": np.array(255.0 / (high - low), np.float32)}
    planes = np.empty((len(slices), bundle.side, bundle.side), np.uint8)
    for start in range(0, len(slices), CHUNK):
        part = cut(slices[start : start + CHUNK], square, air=int(low))
        part = np.ascontiguousarray(part, dtype=np.int16)[:, None]
        shape = (len(part), 1, bundle.side, bundle.side)
        planes[start : start + CHUNK] = run_graph(bundle, "prepare", threads, shape, slices=part, **numbers)[:, 0]
    return planes
