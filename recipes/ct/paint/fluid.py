"""Fluid in the pleural space, which is not lung, with the lung that it presses together, which is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from recipes.ct.paint.chest import Chest, depth, millimetres
from recipes.ct.paint.fields import cloud


@dataclass(frozen=True)
class Effusion:
    """Fluid in the lowest `share` of a side, 1 for all of it.

    Attributes
    ----------
    tilt : how much more than gravity the way to the feet counts
    meniscus : mm by which the fluid rises along the wall
    pressed : mm of airless lung above the fluid
    """

    side: int
    share: float
    density: float
    tilt: float
    meniscus: float
    pressed: float
    seed: int

    @classmethod
    def draw(cls, rng: np.random.Generator, side: int) -> Effusion:
        """Return a random effusion; one in eight fills the side."""
        # whole sides are rare in a clinic and the worst there is for a network of slices; small effusions are common
        share = 1.0 if rng.random() < 0.12 else float(np.exp(rng.uniform(np.log(0.03), np.log(0.7))))
        return cls(
            side,
            share,
            density=rng.uniform(-5, 28),  # transudate is 0 to 10 HU, exudate up to 20 or so; scanners add their error
            tilt=rng.uniform(0.1, 1.2),  # a bed is raised at the head, and recesses at the base fill first (chosen)
            meniscus=rng.uniform(0, 25),  # chosen
            # a large effusion has airless lung above it, which is the border that matters (chosen)
            pressed=rng.uniform(0, 30) if rng.random() < 0.6 else 0.0,
            seed=int(rng.integers(2**31)),
        )

    def paint(self, chest: Chest) -> Chest:
        """Return the chest with fluid as background and pressed lung as lung."""
        box = chest.box(self.side)
        if box is None:
            return chest
        lung = chest.labels[box] == self.side
        size = tuple(lung.shape)
        target = self.density + 2 * cloud(size, chest.spacing, 25.0, self.seed) + chest.grain(size, self.seed + 1)
        if self.share >= 1:
            return chest.blend(box, lung.float(), target, label=0)
        z, y, x = millimetres(box, chest.spacing)
        low = chest.down[0] * z + chest.down[1] * y + chest.down[2] * x - self.tilt * z
        low = low + self.meniscus * (1 - depth(lung, chest.spacing, 25.0))
        inside = low[lung]
        cut = torch.quantile(inside[:: max(1, inside.numel() // 100_000)], 1 - self.share)
        if self.pressed:
            # muscle, 45 HU; never less than the fluid beside it
            solid = 45.0 + 0.8 * self.density + chest.grain(size, self.seed + 2)
            near = torch.sigmoid((low - cut + self.pressed + 4 * cloud(size, chest.spacing, 20.0, self.seed + 3)) / 2.5)
            chest = chest.blend(box, near * lung, torch.maximum(solid, chest.hu[box].clamp(max=90)))
        return chest.blend(box, torch.sigmoid((low - cut) / 0.8) * lung, target, label=0)
