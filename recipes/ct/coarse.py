"""A coarse look at a whole scan, in 3D: where its lungs are, and which is which.

Voxels are picked about 2 mm apart inside the box of the body; the graph samples them on a 2 mm grid, averages to cells
of 4 mm, and says of each whether it is lung, with all of the chest in view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

VOXEL_MM = 2.0

MULTIPLE = 32
"""Voxels of 2 mm along each axis: the network halves the 4 mm cells four times."""

BODY_HU, BODY_SHARE = -400, 0.1
"""The body is where at least this share of a column along z lies above this HU."""

MARGIN_MM = 20.0
"""Kept around the body."""


@dataclass(frozen=True, eq=False)
class CoarseLook:
    """What the network says of cells of 4 mm.

    Attributes
    ----------
    lung : (z, y, x) uint8, above 128 where lung is likelier than background
    side : (z, y, x) uint8, above 128 where left is likelier than right
    start : voxel of the scan's slices at the outer corner of the first cell, (z, y, x)
    step : voxels of the scan to a cell, (z, y, x)
    """

    lung: NDArray[np.uint8]
    side: NDArray[np.uint8]
    start: tuple[float, float, float]
    step: tuple[float, float, float]


def coarse_look(slices: NDArray[Any], spacing: tuple[float, float, float], session: Any) -> CoarseLook:
    """Return the coarse look at a scan.

    Parameters
    ----------
    slices : (z, y, x), axes to the head, back and left; int16 HU
    spacing : millimetres along (z, y, x)
    session : onnxruntime session of the graph
    """
    every = [max(1, int(VOXEL_MM / step)) for step in spacing]
    picked = slices[tuple(slice(each // 2, None, each) for each in every)]
    picked_mm = [step * each for step, each in zip(spacing, every, strict=True)]
    rows, columns = _body(picked, picked_mm)
    voxels = np.ascontiguousarray(picked[:, rows, columns], np.int16)
    size = [max(1, round(count * step / VOXEL_MM)) for count, step in zip(voxels.shape, picked_mm, strict=True)]
    padding = [-count % MULTIPLE for count in size]
    inputs = {"voxels": voxels, "size": np.array(size, np.int64), "padding": np.array(padding, np.int64)}
    lung, side = session.run(None, inputs)
    used = tuple(slice(0, -(-count // 2)) for count in size)
    first, step = np.array((0, rows.start, columns.start)), np.array(every)
    start = step * first + step // 2 - step / 2
    cell = 2 * step * voxels.shape / np.array(size)
    return CoarseLook(lung[used], side[used], _three(start), _three(cell))


def _three(values: NDArray[Any]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _body(picked: NDArray[Any], spacing: list[float]) -> tuple[slice, slice]:
    """Return the rows and columns that hold the body, with a margin; all of them where there is none."""
    often = (picked[:: max(1, len(picked) // 60), ::2, ::2] > BODY_HU).mean(axis=0) > BODY_SHARE
    spans = []
    for axis, length in ((1, picked.shape[1]), (0, picked.shape[2])):
        used = np.flatnonzero(often.any(axis=axis))
        margin = round(MARGIN_MM / spacing[2 - axis])
        first, last = (2 * used[0] - margin, 2 * used[-1] + 2 + margin) if used.size else (0, length)
        spans.append(slice(max(int(first), 0), min(int(last), length)))
    return spans[0], spans[1]


def on_slices(
    cells: NDArray[np.uint8], look: CoarseLook, lines: tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
) -> NDArray[np.uint8]:
    """Return the cells' bytes at points of the scan, (z, y, x), linearly between the centres of cells; 0 beyond them.

    `lines` are the coordinates of the points along z, y and x, in voxels of the scan.
    """
    result: NDArray[np.float32] = cells.astype(np.float32)
    for axis, line in enumerate(lines):
        place = (np.asarray(line, np.float64) - look.start[axis]) / look.step[axis] - 0.5
        low = np.clip(np.floor(place).astype(int), 0, result.shape[axis] - 1)
        high = np.minimum(low + 1, result.shape[axis] - 1)
        shape = [1, 1, 1]
        shape[axis] = -1
        part = np.clip(place - low, 0, 1).astype(np.float32).reshape(shape)
        outside = ((place < -1) | (place > result.shape[axis])).reshape(shape)
        result = np.take(result, low, axis) * (1 - part) + np.take(result, high, axis) * part
        result = np.where(outside, np.float32(0), result)
    return np.rint(result).astype(np.uint8)
