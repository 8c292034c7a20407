"""Lung that is denser than it should be, and stays lung: consolidation, collapse, ground glass, fibrosis."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from recipes.ct.paint.chest import Box, Chest, depth, millimetres
from recipes.ct.paint.fields import cloud, sheets, tubes


def unit(rng: np.random.Generator, mean: tuple[float, float, float], spread: float) -> tuple[float, float, float]:
    """Return a random direction of length 1 around `mean`."""
    vector = np.asarray(mean) + rng.normal(0, spread, 3)
    vector /= max(float(np.linalg.norm(vector)), 1e-6)
    return float(vector[0]), float(vector[1]), float(vector[2])


@dataclass(frozen=True)
class Consolidation:
    """A share of a lung that is solid, with air in its bronchi (`bronchi`, 0 to 1) and islands of air (`islands`)."""

    side: int
    direction: tuple[float, float, float]
    share: float
    rough: float
    density: float
    bronchi: float
    islands: float
    seed: int

    @classmethod
    def draw(cls, rng: np.random.Generator, side: int) -> Consolidation:
        """Return a random consolidation: mostly of the base or the back, up to 95 % of a lung."""
        base = rng.random() < 0.7  # pneumonia and aspiration lie low and behind; the rest may lie anywhere (chosen)
        direction = unit(rng, (-1.0, 0.4, 0.0), 0.35) if base else unit(rng, (0.0, 0.0, 0.0), 1.0)
        return cls(
            side,
            direction,
            # mostly a lobe or less; a white lung is rare, and lost where it is not learnt (chosen)
            share=rng.uniform(0.05, 0.55) if rng.random() < 0.85 else rng.uniform(0.55, 0.95),
            rough=rng.uniform(1, 14),
            # from pus and water to muscle; with contrast up to twice that
            density=rng.uniform(15, 70) if rng.random() < 0.7 else rng.uniform(60, 120),
            # air in bronchi tells consolidation from fluid; it is absent where they are full of mucus (chosen)
            bronchi=rng.uniform(0.3, 1.0) if rng.random() < 0.85 else 0.0,
            islands=rng.uniform(0.0, 1.0) if rng.random() < 0.5 else 0.0,
            seed=int(rng.integers(2**31)),
        )

    def paint(self, chest: Chest) -> Chest:
        """Return the chest with the consolidation; its labels stay."""
        box = chest.box(self.side)
        if box is None:
            return chest
        share = self._part_of_lung(chest, box)
        size = tuple(share.shape)
        target = self.density + 8 * cloud(size, chest.spacing, 18.0, self.seed + 1) + chest.grain(size, self.seed + 2)
        target = torch.maximum(target, chest.hu[box].clamp(max=self.density + 60))  # vessels stay
        if self.bronchi:
            air = tubes(size, chest.spacing, 26.0, 0.6 + 1.4 * self.bronchi, self.seed + 3)
            target = target - self.bronchi * air * (target + 900)
        if self.islands:
            air = torch.sigmoid((cloud(size, chest.spacing, 10.0, self.seed + 5) - 2.6 + self.islands) * 4)
            target = target + 0.8 * air * (chest.hu[box].clamp(max=0) - target)
        return chest.blend(box, share, target)

    def _part_of_lung(self, chest: Chest, box: Box) -> Tensor:
        """Return 1 in the share of the lung furthest in the direction, soft at a border that waves by `rough` mm."""
        z, y, x = millimetres(box, chest.spacing)
        far = self.direction[0] * z + self.direction[1] * y + self.direction[2] * x
        lung = chest.labels[box] == self.side
        far = far + self.rough * cloud(lung.shape, chest.spacing, 28.0, self.seed)
        inside = far[lung]
        cut = torch.quantile(inside[:: max(1, inside.numel() // 100_000)], 1 - self.share)
        return torch.sigmoid((far - cut) / 1.5) * lung


@dataclass(frozen=True)
class Collapse(Consolidation):
    """A lobe without air that lies against the mediastinum, with few bronchi."""

    @classmethod
    def draw(cls, rng: np.random.Generator, side: int) -> Collapse:
        """Return a random collapse, towards the middle and above or below."""
        middle = 1.0 if side == 1 else -1.0
        direction = unit(rng, (float(rng.choice([-0.8, 0.8])), 0.3, middle), 0.3)
        return cls(
            side,
            direction,
            # a collapsed lobe is small and smooth, and takes up more contrast than consolidation (chosen)
            share=rng.uniform(0.05, 0.3),
            rough=rng.uniform(0, 5),
            density=rng.uniform(25, 110),
            bronchi=rng.uniform(0.2, 0.8) if rng.random() < 0.4 else 0.0,
            islands=0.0,
            seed=int(rng.integers(2**31)),
        )


@dataclass(frozen=True)
class GroundGlass:
    """Patches of haze over a share of both lungs, with septa drawn in by `septa`."""

    share: float
    density: float
    grain: float
    septa: float
    seed: int

    @classmethod
    def draw(cls, rng: np.random.Generator) -> GroundGlass:
        """Return random ground glass; at its densest it is nearly solid."""
        return cls(
            share=rng.uniform(0.05, 0.8),
            density=rng.uniform(-750, -150),  # from above healthy lung, -850 HU, to where vessels are nearly lost
            # patches from one secondary lobule (10 to 25 mm) to segments; septa of the lobules make crazy paving
            grain=math.exp(rng.uniform(math.log(12), math.log(70))),
            septa=rng.uniform(0, 1) if rng.random() < 0.5 else 0.0,
            seed=int(rng.integers(2**31)),
        )

    def paint(self, chest: Chest) -> Chest:
        """Return the chest with haze in both lungs; labels stay."""
        whole: Box = (slice(0, chest.hu.shape[0]), slice(0, chest.hu.shape[1]), slice(0, chest.hu.shape[2]))
        lung = (chest.labels == 1) | (chest.labels == 2)
        if not lung.any():
            return chest
        field = cloud(lung.shape, chest.spacing, self.grain, self.seed)
        inside = field[lung]
        cut = torch.quantile(inside[:: max(1, inside.numel() // 100_000)], 1 - self.share)
        share = torch.sigmoid((field - cut) * 5) * lung
        target = torch.maximum(chest.hu, self.density + 40 * cloud(lung.shape, chest.spacing, 8.0, self.seed + 1))
        if self.septa:
            wall = sheets(lung.shape, chest.spacing, 14.0, 1.5, self.seed + 2) * self.septa
            target = target + wall * 0.6 * (30 - target).clamp(min=0)
        return chest.blend(whole, share, target)


@dataclass(frozen=True)
class Fibrosis:
    """Thick septa and honeycombs along the wall, most at the base."""

    reach: float
    wall: float
    grain: float
    cysts: float
    seed: int

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Fibrosis:
        """Return random fibrosis."""
        # honeycombs are cysts of 3 to 10 mm with walls of 1 to 3 mm along the pleura (Fleischner Society, 2008); on a
        # grid of 2 mm the smallest are not seen, so these begin at 7 mm from wall to wall
        return cls(
            rng.uniform(8, 35), rng.uniform(1.5, 4), rng.uniform(7, 15), rng.uniform(0, 1), int(rng.integers(2**31))
        )

    def paint(self, chest: Chest) -> Chest:
        """Return the chest with fibrosis in both lungs; labels stay."""
        for side in (1, 2):
            box = chest.box(side)
            if box is None:
                continue
            lung = chest.labels[box] == side
            size = tuple(lung.shape)
            height = torch.linspace(1.3, 0.2, size[0]).view(-1, 1, 1)
            place = ((1 - depth(lung, chest.spacing, self.reach)) * height * 1.4 - 0.4).clamp(0, 1) * lung
            wall = sheets(size, chest.spacing, self.grain, self.wall, self.seed + side)
            air = chest.hu[box] - self.cysts * 100
            chest = chest.blend(box, place, torch.maximum(air, air + wall * (20 - air)))
        return chest
