"""A NumPy array as a scan: for callers who have read their files themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnsuitableInput
from pleura.volume import Identity, Kind, Volume, affine_from_spacing


def from_array(array: NDArray[Any], spacing: Sequence[float] | None = None, *, kind: Kind | None = None) -> Volume:
    """Return an array as a `Volume`.

    Parameters
    ----------
    array : (z, y, x) with axes to the head, to the back and to the patient's left, or (y, x) for one slice
    spacing : millimetres along the array's axes; without it, measurements count pixels
    kind : what the values are; judged from the values if None

    Raises `UnsuitableInput` for another number of axes, a spacing that does not fit, or values that are no CT.
    """
    from pleura.reading.values import interpret

    planar = array.ndim == 2
    if array.ndim not in (2, 3):
        raise UnsuitableInput(f"an array must be (z, y, x) or (y, x), got {array.shape}", code="bad-shape")
    if spacing is not None and (len(spacing) != array.ndim or not all(0 < step < np.inf for step in spacing)):
        message = f"spacing must be {array.ndim} positive numbers in millimetres, got {tuple(spacing)}"
        raise UnsuitableInput(message, code="bad-spacing")
    voxels = np.array(array, copy=True, order="C")
    meaning = interpret(voxels[None] if planar else voxels, kind, planar=planar)
    steps = list(spacing) if spacing is not None else [1.0] * array.ndim
    return Volume(
        voxels=meaning.voxels,
        affine=affine_from_spacing([1.0, *steps] if planar else steps),
        kind=meaning.kind,
        planar=planar,
        spacing_known=spacing is not None,
        identity=Identity(sha256=hashlib.sha256(np.ascontiguousarray(meaning.voxels).data).hexdigest()),
        notes=meaning.notes,
    )
