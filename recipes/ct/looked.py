"""A segmenter that takes a coarse look at the whole scan first: the veto as a prototype, until the program has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pleura.segmenter
from pleura.geometry import axial_order, to_axial
from pleura.inference.backends import onnx_session
from pleura.inference.predict import score_planes
from pleura.volume import Volume
from recipes.ct.coarse import coarse_look, on_slices
from recipes.ct.veto import SOLID_HU, veto

Bytes = NDArray[np.uint8]

score_slices = score_planes


class LookedSegmenter(pleura.Segmenter):
    """`pleura.Segmenter` whose scores of slices are corrected by `recipes.ct.veto` with the graph in `coarse`."""

    def __init__(self, coarse: Path, **settings: Any) -> None:
        super().__init__(**settings)
        self.session = onnx_session(coarse, self.threads)
        vars(pleura.segmenter)["score_planes"] = self._scores

    def _planes(self, volume: Volume, clock: Any) -> Any:
        """Return what the network of slices sees, and remember where it lies and what the coarse look says."""
        planes, fov, step = super()._planes(volume, clock)
        axes, _ = axial_order(volume.affine)
        z, y, x = (volume.spacing[axis] for axis in axes)
        slices = to_axial(volume.voxels, volume.affine)
        self.fov, self.pixel = fov, (y * fov.height / planes.shape[1], x * fov.width / planes.shape[2])
        self.look = coarse_look(slices, (z, y, x), self.session)
        return planes, fov, step

    def _scores(self, planes: Bytes, step: float | None, context_mm: float, network: Any) -> tuple[Bytes, Bytes]:
        """Return the scores of the slices after the veto."""
        lung, side = score_slices(planes, step, context_mm, network)
        low, high = self.bundle.hu_window
        solid = 255 * (SOLID_HU - low) / (high - low)
        coarse = [
            on_slices(cells, self.look, grid_lines(self.fov, len(planes), size))
            for cells, size in ((self.look.lung, lung.shape[1]), (self.look.side, side.shape[1]))
        ]
        return veto(lung, side, planes, coarse[0], coarse[1], solid=solid, pixel_mm=self.pixel)


def grid_lines(fov: Any, slices: int, size: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return the coordinates, in voxels of the scan, of the points of a grid of `size` x `size` over a square."""
    part = (np.arange(size) + 0.5) / size
    return np.arange(slices), fov.top - 0.5 + part * fov.height, fov.left - 0.5 + part * fov.width
