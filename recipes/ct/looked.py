"""A segmenter that takes a coarse look at the whole scan first: the veto as a prototype, until the program has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pleura
from pleura.geometry import axial_spacing, to_axial
from pleura.inference.backends import onnx_session
from pleura.inference.grid import FieldOfView
from pleura.inference.lung_model import LungModel
from pleura.inference.model import Planes
from pleura.volume import Kind, Volume
from recipes.ct.coarse import coarse_look, on_slices
from recipes.ct.veto import SOLID_HU, thick_tissue, veto

Bytes = NDArray[np.uint8]


class LookedSegmenter(pleura.Segmenter):
    """`pleura.Segmenter` whose scores of slices are corrected by `recipes.ct.veto` with the graph in `coarse`."""

    def __init__(self, coarse: Path, **settings: Any) -> None:
        super().__init__(**settings)
        self.model = LookedModel(coarse, self.model_for(Kind.HU))
        self._models = dict.fromkeys(self.bundle.kinds, self.model)


class LookedModel(LungModel):
    """A `LungModel` that looks at the whole scan before it scores the slices."""

    def __init__(self, coarse: Path, model: LungModel) -> None:
        super().__init__(**vars(model))
        self.session = onnx_session(coarse, model.threads)

    def score(self, volume: Volume, planes: Planes) -> tuple[Bytes, Bytes]:
        """Return the scores of the slices after the veto."""
        slices, (z, y, x) = to_axial(volume.voxels, volume.affine), axial_spacing(volume.affine)
        look = coarse_look(slices, (z, y, x), self.session)
        lung, side = super().score(volume, planes)
        low, high = self.bundle.hu_window
        solid = 255 * (SOLID_HU - low) / (high - low)
        fov, count = planes.fov, len(planes.values)
        coarse = [
            on_slices(cells, look, grid_lines(fov, count, size))
            for cells, size in ((look.lung, lung.shape[1]), (look.side, side.shape[1]))
        ]
        pixel = (y * fov.height / self.bundle.side, x * fov.width / self.bundle.side)
        return veto(lung, side, thick_tissue(planes.values, solid, pixel), coarse[0], coarse[1])


def grid_lines(fov: FieldOfView, slices: int, size: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return the coordinates, in voxels of the scan, of the points of a grid of `size` x `size` over `fov`."""
    part = (np.arange(size) + 0.5) / size
    return np.arange(slices), fov.top - 0.5 + part * fov.height, fov.left - 0.5 + part * fov.width
