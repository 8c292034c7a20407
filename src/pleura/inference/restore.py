"""Labels on the model's grid in, labels on the scan's own grid out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.backends import onnx_session
from pleura.inference.bundle import Bundle
from pleura.inference.grid import Square, paste

CHUNK = 8
"""Slices restored at a time; bounds the memory needed."""


def restore(
    lung: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    square: Square,
    target: NDArray[np.uint8],
    bundle: Bundle,
    threads: int,
) -> None:
    """Write the labels of the grid into `target` (z, y, x), in place; slices without lung stay as they are.

    `lung` and `labels` are (z, s, s), as `pleura.inference.cleanup.clean` returns them. Scores are up-sampled and
    then cut, so that the border is as smooth as the scan allows.
    """
    session = onnx_session(bundle.graph("restore"), threads)
    size = np.array([square.height, square.width], np.int64)
    occupied = np.flatnonzero(labels.any(axis=(1, 2)))
    for start in range(0, len(occupied), CHUNK):
        here = occupied[start : start + CHUNK]
        inputs = {"lung": lung[here, None], "labels": labels[here, None], "size": size}
        patch = session.run(None, inputs)[0][:, 0]
        for index, z in enumerate(here):
            paste(target[z : z + 1], patch[index : index + 1], square)
