"""Liver, spleen and stomach that push into the chest from below: raised domes, which are not lung."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from recipes.ct.paint.chest import Box, Chest, millimetres
from recipes.ct.paint.fields import cloud


@dataclass(frozen=True)
class Dome:
    """One to three rounded hills of up to `height` mm on a side's diaphragm, `width` mm wide, at `density` HU."""

    side: int
    height: float
    width: float
    hills: int
    density: float
    seed: int

    @classmethod
    def draw(cls, rng: np.random.Generator, side: int) -> Dome:
        """Return a random dome with the grey of liver, spleen or a full stomach, with or without contrast."""
        return cls(
            side,
            # from a bulge to a paralysed diaphragm, which rises by a hand; a liver's dome is as wide as a lung (chosen)
            height=float(np.exp(rng.uniform(np.log(8), np.log(110)))),
            width=rng.uniform(35, 120),
            hills=int(rng.choice([1, 1, 2, 3])),
            # a stomach full of water to a liver without contrast (55 to 65 HU); with contrast up to twice that
            density=rng.uniform(10, 75) if rng.random() < 0.6 else rng.uniform(75, 150),
            seed=int(rng.integers(2**31)),
        )

    def paint(self, chest: Chest) -> Chest:
        """Return the chest with the dome as background."""
        box = chest.box(self.side)
        if box is None:
            return chest
        lung = chest.labels[box] == self.side
        z, _, _ = millimetres(box, chest.spacing)
        lowest = torch.where(lung, z, torch.tensor(1e6)).amin(dim=0, keepdim=True)
        top = _spread(lowest) + self._hills(box, chest, lung)
        share = torch.sigmoid((top - z) / 1.2) * lung
        size = tuple(lung.shape)
        target = self.density + 5 * cloud(size, chest.spacing, 15.0, self.seed + 1) + chest.grain(size, self.seed + 2)
        return chest.blend(box, share, target, label=0)

    def _hills(self, box: Box, chest: Chest, lung: Tensor) -> Tensor:
        """Return how much the diaphragm is raised, (1, y, x) mm; negative far from the hills."""
        rng = np.random.default_rng(self.seed)
        _, y, x = millimetres(box, chest.spacing)
        columns = lung.any(dim=0).nonzero()
        raised = torch.full((1, y.shape[1], x.shape[2]), -5.0)
        for _ in range(self.hills):
            row, column = columns[int(rng.integers(len(columns)))].tolist()
            far = (y - y[0, row, 0]) ** 2 + ((x - x[0, 0, column]) * rng.uniform(0.7, 1.4)) ** 2
            hill = self.height * rng.uniform(0.5, 1.0) * (1.3 * torch.exp(-far / (0.5 * self.width) ** 2) - 0.3)
            raised = torch.maximum(raised, hill)
        return raised


def _spread(lowest: Tensor) -> Tensor:
    """Return the lowest lung of each column, held below the median so that steep walls don't tear the hills up."""
    known = lowest < 1e5
    middle = float(lowest[known].median())
    return torch.where(known, lowest.clamp(max=middle + 40), torch.tensor(-1e6))
