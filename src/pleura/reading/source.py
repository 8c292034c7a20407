"""Whatever a caller may give to be segmented, as a volume."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pleura.arrays import Array
from pleura.errors import UnsuitableInput
from pleura.reading import read
from pleura.reading.array import from_array
from pleura.reading.images import ItkImage, NibabelImage, from_image, is_image
from pleura.volume import Kind, Volume

Source = str | Path | Volume | Array | NibabelImage | ItkImage


def as_volume(source: Source, spacing: Sequence[float] | None = None, series: str | int | None = None) -> Volume:
    """Return what a caller gave as a volume.

    Parameters
    ----------
    source : a path, a `Volume`, an image of nibabel or SimpleITK, or an array (z, y, x) or (y, x)
    spacing : millimetres along the array's axes, with an array only
    series : which series of a path, where it holds several

    Raises
    ------
    UnsuitableInput
        A spacing without an array (`bad-spacing`), none of the kinds of source (`bad-source`), or grey values of a
        volume outside 0 to 255 (`not-grey`); all that `read`, `from_array` and `from_image` raise.
    """
    if isinstance(source, np.ndarray):
        return from_array(source, spacing)
    if spacing is not None:
        raise UnsuitableInput("a spacing goes with an array; all else states its own", code="bad-spacing")
    if isinstance(source, Volume):
        _check_greys(source)
        return source
    if is_image(source):
        return from_image(source)
    if not isinstance(source, str | os.PathLike):
        known = "a path, a NumPy array, a pleura.Volume, or an image of nibabel or SimpleITK"
        raise UnsuitableInput(f"give {known}, not {type(source).__name__}", code="bad-source")
    return read(source, series=series)


def _check_greys(volume: Volume) -> None:
    """Refuse a volume of the caller's making whose grey values are not what its kind says; readers stretch theirs."""
    if volume.kind is Kind.HU or volume.voxels.dtype == np.uint8:
        return
    low, high = float(volume.voxels.min()), float(volume.voxels.max())
    if low < -0.5 or high > 255.5:
        text = f"grey values of a volume run from 0 to 255, these from {low:g} to {high:g}"
        raise UnsuitableInput(f"{text}; stretch them, or give the array itself", code="not-grey")
