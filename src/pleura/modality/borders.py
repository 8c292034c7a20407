"""The part of a picture that holds something: scans of films, slides and viewers' windows come with plain borders."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array

PLAIN = 8.0
"""Greys, of 255, within which all but the outermost hundredths of a row or column lie that holds nothing."""

_SAMPLES = 256
"""At most about so many pixels of a row or column are looked at."""


def without_borders(plane: Array) -> tuple[slice, slice]:
    """Return the rows and columns left when those at the edges that hold nothing are cut; all where none is left.

    Parameters
    ----------
    plane : (y, x) greys, 0..255
    """
    rows, columns = _filled(plane), _filled(plane.T)
    return (rows, columns) if rows.stop and columns.stop else (slice(0, plane.shape[0]), slice(0, plane.shape[1]))


def connected_to_border(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the part of a mask (y, x) whose pixels are joined, side by side, to the border of the plane."""
    import cc3d

    if mask.all() or not mask.any():
        return mask
    parts = cc3d.connected_components(mask.astype(np.uint8), connectivity=4)
    at_border = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    return np.asarray(np.isin(parts, at_border[at_border > 0]))


def _filled(lines: Array) -> slice:
    """Return from the first to the last line that holds something; most are ruled out at once, without sorting."""
    sampled = lines[:, :: max(1, lines.shape[1] // _SAMPLES)]
    likely = np.flatnonzero(sampled.max(axis=1) - sampled.min(axis=1) > PLAIN)
    first = next((int(line) for line in likely if _holds_something(sampled[line])), None)
    if first is None:
        return slice(0, 0)
    return slice(first, next(int(line) for line in likely[::-1] if _holds_something(sampled[line])) + 1)


def _holds_something(line: Array) -> bool:
    low, high = np.percentile(line, (1, 99))
    return bool(high - low > PLAIN)
