"""Where the body is, so that nothing outside the skin is called lung: not the air over a head, not a pillow's foam.

The body is the largest solid part of the scan, without what is as thin as the shell of a table. A voxel is inside
where the body lies on at least three of its four sides within the slice. The edge of the field of view counts as
body where it is no open air, so that a lung which it cuts stays inside.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.grid_scan import GridScan
from pleura.inference.morphology import open_mask

Mask = NDArray[np.bool_]

SOLID_HU = -400.0
"""Soft tissue lies above; air, lung and foam below."""

OPEN_AIR_HU = -900.0
"""Air around the body lies below: -1000 with a noise of 30 HU; lung above, but for emphysema."""

STEP_MM = 6.0
"""Slices closer than this are looked at in steps of about it."""

LEAST_SHARE = 0.01
"""A largest solid part below this share of the grid is no body; nothing is then called outside."""


def outside_skin(scan: GridScan) -> Mask:
    """Return where the coarse grid (z, side / 2, side / 2) lies outside the skin."""
    stride = max(1, int(STEP_MM / scan.spacing[0]))
    planes = scan.coarse[stride // 2 :: stride] if stride < 2 * len(scan.coarse) else scan.coarse[:1]
    body = _largest_solid(planes > scan.byte(SOLID_HU))
    if body is None:
        return np.zeros(scan.coarse.shape, np.bool_)
    body |= scan.edge & (planes > scan.byte(OPEN_AIR_HU))
    outside = ~_enclosed(body)
    nearest = np.minimum(np.arange(len(scan.coarse)) // stride, len(outside) - 1)
    return outside if stride == 1 else outside[nearest]


def open_air(plane: NDArray[np.uint8], solid: float) -> Mask:
    """Return what is darker than `solid` in a slice (y, x) and joined to its edge through such pixels.

    Air under the skin breaks the wall of a body into parts; the lung behind it is still not open to the outside.
    """
    import cc3d

    parts = cc3d.connected_components(plane < solid, connectivity=4)
    edges = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    return np.isin(parts, edges[edges > 0])


def _largest_solid(solid: Mask) -> Mask | None:
    """Return the largest part of what is solid and thicker than two voxels in the slice; None where it is too small."""
    import cc3d

    thick = open_mask(solid, (1, 2))
    parts = cc3d.connected_components(thick, connectivity=6)
    sizes = np.bincount(parts[thick], minlength=1)
    if sizes.max() < LEAST_SHARE * solid.size:
        return None
    return np.asarray(parts == np.argmax(sizes))


def _enclosed(body: Mask) -> Mask:
    """Return where the body lies on at least three of the four sides in the slice, itself included."""
    front, back = _behind_and_before(body, 1)
    right, left = _behind_and_before(body, 2)
    return np.asarray((front & back & (right | left)) | (right & left & (front | back)))


def _behind_and_before(body: Mask, axis: int) -> tuple[Mask, Mask]:
    """Return what lies at or behind the first voxel of the body along an axis, and at or before the last."""
    size = body.shape[axis]
    places = np.arange(size, dtype=np.min_scalar_type(size)).reshape((-1, 1) if axis == 1 else (-1,))
    ends, starts = ((body * along).max(axis=axis, keepdims=True) for along in (places + 1, size - places))
    return places >= size - starts, places < ends
