"""A NumPy array as a volume: the same judgement of its values as for a file, and the caller's array left as it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pleura.arrays import Array
from pleura.errors import UnsuitableInput
from pleura.geometry import affine_from_spacing
from pleura.reading.checks import checked, not_3d
from pleura.reading.raw_image import RawImage, to_volume
from pleura.volume import Affine, Kind, KindName, Note, Volume


def from_array(
    array: Array,
    spacing: Sequence[float] | None = None,
    *,
    affine: Affine | None = None,
    kind: Kind | KindName | None = None,
) -> Volume:
    """Return an array as a volume.

    Parameters
    ----------
    array : (z, y, x), or (y, x) for a picture; any integer or float type; further axes of length 1, before or after,
        are left out
    spacing : millimetres along the axes of the array, which then run to the head, the back and the patient's left
    affine : (4, 4) array index (k, j, i, 1) -> LPS millimetres, in place of `spacing`, for other axes
    kind : what the values are, where the caller knows better than the data tell

    Raises
    ------
    UnsuitableInput : not two or three axes, a spacing not above zero, or values that are not a scan
    """
    return checked(to_volume(raw_from_array(array, spacing, affine), None if kind is None else Kind(kind)))


def raw_from_array(array: Array, spacing: Sequence[float] | None = None, affine: Affine | None = None) -> RawImage:
    """Return a copy of an array with its grid, its values not yet judged; see `from_array`."""
    if array.ndim > 3:
        array = _three_axes(array)
    if array.ndim not in {2, 3} or 0 in array.shape or array.dtype.kind not in "iufb":
        raise UnsuitableInput(
            f"an array of numbers (z, y, x) or (y, x) is needed, got {array.dtype} {array.shape}", code="bad-shape"
        )
    is_picture = array.ndim == 2
    steps = (1.0,) * array.ndim if spacing is None else _steps(spacing, array.ndim)
    known = spacing is not None or affine is not None
    unknown = () if known else (Note("spacing-unknown", "no spacing was given; distances count pixels"),)
    grid = affine_from_spacing((1.0, *steps) if is_picture else steps) if affine is None else affine
    return RawImage(np.array(array[None] if is_picture else array), grid, "array", is_picture=is_picture, notes=unknown)


def _three_axes(array: Array) -> Array:
    """Return an array without the axes of length 1 at its ends, where three are left then."""
    shape = array.shape
    while array.ndim > 3 and 1 in {array.shape[0], array.shape[-1]}:
        array = array[..., 0] if array.shape[-1] == 1 else array[0]
    if array.ndim > 3:
        raise not_3d(shape)
    return array


def _steps(spacing: Sequence[float], count: int) -> tuple[float, ...]:
    try:
        steps = tuple(float(step) for step in spacing)
    except (TypeError, ValueError):
        steps = ()
    if len(steps) != count or not all(np.isfinite(step) and step > 0 for step in steps):
        raise UnsuitableInput(f"spacing needs {count} numbers above zero, got {spacing!r}", code="bad-spacing")
    return steps
