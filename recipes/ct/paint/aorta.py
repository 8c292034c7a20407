"""An aorta that winds through a lung's space beside the spine: round soft tissue from slice to slice, and no lung."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from recipes.ct.paint.chest import LEFT, Box, Chest, millimetres

SMOOTH_MM = 25.0
"""The lung's border is followed as smoothly as a vessel of 30 mm bends."""


@dataclass(frozen=True)
class Aorta:
    """A vessel of `radius` mm along a lung's border to the spine.

    Attributes
    ----------
    inward : part of the radius by which its axis lies inside the lung; below 0 outside
    behind : part of the lung's depth, front to back, at which it runs
    top : part of the lung's height up to which it runs; there it would arch away
    winding : mm by which its axis leaves a straight line
    """

    side: int
    radius: float
    inward: float
    behind: float
    top: float
    winding: float
    density: float
    seed: int

    @classmethod
    def draw(cls, rng: np.random.Generator, side: int = LEFT) -> Aorta:
        """Return a random aorta, from a young one to an aneurysm, without contrast or with."""
        return cls(
            side,
            # 20 to 25 mm across in adults, 60 and more in an aneurysm (chosen)
            radius=float(np.exp(rng.uniform(np.log(8), np.log(32)))),
            inward=rng.uniform(-0.4, 0.8),
            behind=rng.uniform(0.55, 0.85),
            top=rng.uniform(0.5, 0.85),
            winding=rng.uniform(0, 12),
            # blood without contrast 35 to 55 HU, with it 120 to 350
            density=rng.uniform(30, 60) if rng.random() < 0.6 else rng.uniform(120, 350),
            seed=int(rng.integers(2**31)),
        )

    def paint(self, chest: Chest) -> Chest:
        """Return the chest with the vessel as background, as far as it lies in its lung."""
        box = chest.box(self.side)
        if box is None:
            return chest
        lung = chest.labels[box] == self.side
        middle = self._axis(box, chest, lung.numpy())
        _, y, x = millimetres(box, chest.spacing)
        rows, columns = (torch.from_numpy(line).float().view(-1, 1, 1) for line in middle)
        far = torch.sqrt((y - rows) ** 2 + (x - columns) ** 2) - self.radius
        share = torch.sigmoid(-2 * far / (0.5 * chest.spacing[2] + 0.6)) * lung
        share[round(self.top * len(share)) :] = 0
        return chest.blend(box, share, self.density + chest.grain(tuple(lung.shape), self.seed), label=0)

    def _axis(self, box: Box, chest: Chest, lung: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return y and x of the axis in each slice, in mm: along the lung's border to the middle, smoothly."""
        rows, columns = np.full(len(lung), np.nan), np.full(len(lung), np.nan)
        for z, plane in enumerate(lung):
            used = np.flatnonzero(plane.any(axis=1))
            if len(used) < 4:
                continue
            rows[z] = used[int(self.behind * (len(used) - 1))]
            across = np.flatnonzero(plane[int(rows[z])])
            columns[z] = (across[0] if self.side == LEFT else across[-1]) if len(across) else np.nan
        known = np.flatnonzero(~np.isnan(columns))
        if not len(known):
            return np.full(len(lung), -1e6), np.full(len(lung), -1e6)
        z_mm, y_mm, x_mm = chest.spacing
        rng = np.random.default_rng(self.seed)
        lines = []
        for line, first, step in ((rows, box[1].start, y_mm), (columns, box[2].start, x_mm)):
            whole = np.interp(np.arange(len(lung)), known, line[known])
            smooth = ndimage.gaussian_filter1d((whole + first) * step, SMOOTH_MM / z_mm, mode="nearest")
            wave = np.sin(np.arange(len(lung)) * z_mm / rng.uniform(20, 60) + rng.uniform(0, 6.3))
            lines.append(smooth + self.winding * wave * rng.uniform(0, 1))
        lines[1] += self.inward * self.radius * (1 if self.side == LEFT else -1)
        return lines[0], lines[1]
