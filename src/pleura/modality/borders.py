"""The part of a picture that holds something: scans of films, slides and viewers' windows come with plain borders."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

PLAIN = 8.0
"""Greys, of 255, within which all but the outermost hundredths of a row or column lie that holds nothing."""

_SAMPLES = 256
"""At most about so many pixels of a row or column are looked at."""


def without_borders(plane: NDArray[Any]) -> tuple[slice, slice]:
    """Return the rows and columns left when those at the edges that hold nothing are cut; all where none is left.

    Parameters
    ----------
    plane : (y, x) greys, 0..255
    """
    rows, columns = _filled(plane), _filled(plane.T)
    return (rows, columns) if rows.stop and columns.stop else (slice(0, plane.shape[0]), slice(0, plane.shape[1]))


def _filled(lines: NDArray[Any]) -> slice:
    """Return from the first to the last line that holds something."""
    low, high = np.percentile(lines[:, :: max(1, lines.shape[1] // _SAMPLES)], (1, 99), axis=1)
    found = np.flatnonzero(high - low > PLAIN)
    return slice(int(found[0]), int(found[-1]) + 1) if found.size else slice(0, 0)
