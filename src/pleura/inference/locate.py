"""A first look at a few slices, which tells where on them the lungs lie."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.inference.backends import Backend
from pleura.inference.bundle import Bundle
from pleura.inference.cleanup import HALF
from pleura.inference.grid import Square, body_square, lung_square
from pleura.inference.planes import sample_planes
from pleura.inference.scores import BATCH
from pleura.volume import Kind

LOOKS = 24
"""About how many slices of a scan are looked at."""


def locate_lungs(
    slices: NDArray[Any], spacing: tuple[float, float], kind: Kind, bundle: Bundle, backend: Backend, threads: int
) -> Square:
    """Return the square on which the lungs are to be segmented; that of the body where no lung is seen.

    Parameters
    ----------
    slices : (z, y, x), axial
    spacing : millimetres between rows and between columns; only their ratio counts
    kind : what the values mean
    """
    body = body_square(slices, spacing, kind)
    step = max(1, len(slices) // LOOKS)
    planes = sample_planes(slices[step // 2 :: step], body, kind, bundle, threads)
    alone = planes[:, None].repeat(3, axis=1)
    lung = [backend(alone[start : start + BATCH])[0] > HALF for start in range(0, len(alone), BATCH)]
    return lung_square(np.concatenate(lung), body, spacing)
