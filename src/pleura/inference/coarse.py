"""The coarse segmentation of a whole scan in 3D: where its lungs are, and which is which, on cells of 4 mm.

Slices alone take soft tissue that lung surrounds for lung: the domes of liver and spleen, fluid, a brain. All of the
chest in view tells them apart. Voxels are picked about 2 mm apart inside the box of the body; the graph samples them on
a 2 mm grid, averages to cells of 4 mm, and scores each cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.geometry import axial_spacing, to_axial
from pleura.inference.backends import cached_session, fit, unfit
from pleura.inference.bundle import Bundle
from pleura.inference.grid import BODY_ABOVE_HU, FieldOfView
from pleura.volume import Kind, Volume

Spacing = tuple[float, float, float]
Run = Callable[..., tuple[NDArray[np.uint8], NDArray[np.uint8]]]

VOXEL_MM = 2.0
"""Spacing of the grid that the graph samples; it averages two voxels along each axis to a cell."""

MULTIPLE = 32
"""Voxels along each axis: the network halves the cells four times."""

BODY_SHARE = 0.1
"""The body is where at least this share of a column along z lies above `BODY_ABOVE_HU`: arms and necks are in a few
slices only, and are kept."""

MARGIN_MM = 20.0
"""Kept around the body; the training samples have up to 40 mm."""

LEAST_SLICES = 8
"""Fewer slices are no scan to look at as a whole: the training samples have 8 at least."""

LENGTHS_MM = (30.0, 2500.0)
"""Extents of a scan along each axis: below, no chest is seen; above, the millimetres are wrong: nobody is so tall."""


@dataclass(frozen=True, eq=False)
class CoarseScores:
    """Scores of cells, bytes as `pleura.networks.encoding` writes them.

    Attributes
    ----------
    lung : (z, y, x) uint8, above 128 where lung is likelier than background
    side_score : (z, y, x) uint8, above 128 where left is likelier than right
    start : voxel of the scan's slices at the outer corner of the first cell, (z, y, x)
    step : voxels of the scan to a cell, (z, y, x)
    """

    lung: NDArray[np.uint8]
    side_score: NDArray[np.uint8]
    start: Spacing
    step: Spacing

    def on_grid(self, fov: FieldOfView, slices: NDArray[np.intp], side: int) -> NDArray[np.uint8]:
        """Return `lung` and `side_score` on a grid over a field of view of some slices, (n, 2, side, side) uint8.

        Between the centres of cells they are linear; beyond the cells, where there is only air, they are 0.
        """
        part = (np.arange(side) + 0.5) / side
        lines = slices, fov.top - 0.5 + part * fov.height, fov.left - 0.5 + part * fov.width
        return np.stack([self._sampled(cells, lines) for cells in (self.lung, self.side_score)], axis=1)

    def _sampled(self, cells: NDArray[np.uint8], lines: tuple[Array, Array, Array]) -> NDArray[np.uint8]:
        result: NDArray[np.float32] = cells.astype(np.float32)
        for axis, line in enumerate(lines):
            place = (line - self.start[axis]) / self.step[axis] - 0.5
            low = np.clip(np.floor(place).astype(int), 0, result.shape[axis] - 1)
            high = np.minimum(low + 1, result.shape[axis] - 1)
            shape = tuple(-1 if each == axis else 1 for each in range(3))
            part = np.clip(place - low, 0, 1)
            inside = (place >= -1) & (place <= result.shape[axis])
            of_low, of_high = ((weight * inside).astype(np.float32).reshape(shape) for weight in (1 - part, part))
            result = np.take(result, low, axis) * of_low + np.take(result, high, axis) * of_high
        return np.rint(result).astype(np.uint8)


def coarse_scores(volume: Volume, bundle: Bundle, threads: int) -> CoarseScores | None:
    """Return the coarse segmentation of a scan; None of one that is no whole scan with known millimetres.

    Raises `InvalidBundle` (``bundle-damaged``).
    """
    slices, spacing = to_axial(volume.voxels, volume.affine), axial_spacing(volume.affine)
    if "coarse" not in bundle.graphs or not volume.spacing_known or len(slices) < LEAST_SLICES:
        return None
    lengths = [count * step for count, step in zip(slices.shape, spacing, strict=True)]
    if not all(LENGTHS_MM[0] <= length <= LENGTHS_MM[1] for length in lengths):
        return None

    def run(**inputs: Array) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return _run(bundle, threads, inputs)

    return score_cells(slices, spacing, run, hu_of=None if volume.kind is Kind.HU else _in_window(bundle))


def score_cells(
    slices: Array, spacing: Spacing, run: Run, hu_of: Callable[[Array], Array] | None = None
) -> CoarseScores:
    """Return the coarse segmentation of axial slices (z, y, x) by a graph.

    Parameters
    ----------
    slices : HU, or values of which `hu_of` makes HU
    spacing : millimetres along (z, y, x)
    run : runs the graph: `voxels` (z, y, x) int16 HU, `size` (3) int64, the 2 mm grid that covers them, and `padding`
        (3) int64, voxels of air that make it a multiple of `MULTIPLE`, to both scores of the padded grid's cells
    """
    every = [max(1, int(VOXEL_MM / step)) for step in spacing]
    picked = slices[tuple(slice(each // 2, None, each) for each in every)]
    picked_mm = [step * each for step, each in zip(spacing, every, strict=True)]
    picked = hu_of(picked) if hu_of else picked
    rows, columns = _body(picked, picked_mm)
    voxels = np.ascontiguousarray(picked[:, rows, columns], np.int16)
    size = [max(1, round(count * step / VOXEL_MM)) for count, step in zip(voxels.shape, picked_mm, strict=True)]
    padding = [-count % MULTIPLE for count in size]
    lung, side_score = run(voxels=voxels, size=np.array(size, np.int64), padding=np.array(padding, np.int64))
    used = tuple(slice(0, -(-count // 2)) for count in size)
    first, step = np.array((0, rows.start, columns.start)), np.array(every)
    start = step * first + step // 2 - step / 2
    cell = 2 * step * voxels.shape / np.array(size)
    return CoarseScores(lung[used], side_score[used], _three(start), _three(cell))


def _run(bundle: Bundle, threads: int, inputs: dict[str, Array]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return both scores of the cells of the padded grid."""
    with fit(bundle):
        outputs = cached_session(bundle, "coarse", threads).run(None, inputs)
    shape = tuple(int(count) // 2 for count in inputs["size"] + inputs["padding"])
    if [(output.shape, output.dtype) for output in outputs] != [(shape, np.uint8)] * 2:
        raise unfit(bundle)
    lung, side_score = outputs
    return lung, side_score


def _in_window(bundle: Bundle) -> Callable[[Array], Array]:
    """Return what makes HU of greys, as if they showed the window of the network."""
    (black, white), (low, high) = bundle.windowed, bundle.hu_window
    return lambda greys: low + (greys.astype(np.float32) - black) * ((high - low) / (white - black))


def _three(values: NDArray[np.float64]) -> Spacing:
    return float(values[0]), float(values[1]), float(values[2])


def _body(picked: Array, spacing: list[float]) -> tuple[slice, slice]:
    """Return the rows and columns that hold the body, with a margin; all of them where there is none."""
    often = (picked[:: max(1, len(picked) // 60), ::2, ::2] > BODY_ABOVE_HU).mean(axis=0) > BODY_SHARE
    spans = []
    for axis, length in ((1, picked.shape[1]), (0, picked.shape[2])):
        used = np.flatnonzero(often.any(axis=axis))
        margin = round(MARGIN_MM / spacing[2 - axis])
        first, last = (2 * used[0] - margin, 2 * used[-1] + 2 + margin) if used.size else (0, length)
        spans.append(slice(max(int(first), 0), min(int(last), length)))
    return spans[0], spans[1]
