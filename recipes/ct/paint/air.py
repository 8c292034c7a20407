"""Air in wrong places: pneumothorax, which is not lung; emphysema and bullae, which are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch.nn import functional

from recipes.ct.paint.chest import Box, Chest, millimetres
from recipes.ct.paint.fields import cloud


@dataclass(frozen=True)
class Pneumothorax:
    """A lung shrunk to `size` of its length towards its hilum; the rest of its side is free air."""

    side: int
    size: float
    sink: float
    seed: int

    @classmethod
    def draw(cls, rng: np.random.Generator, side: int) -> Pneumothorax:
        """Return a random pneumothorax, from a rim to a lung of a third of its length."""
        # a lung hangs at its hilum: wholly collapsed it is a fist, about a third of its length
        return cls(side, rng.uniform(0.35, 0.95), rng.uniform(0, 0.9), int(rng.integers(2**31)))

    def paint(self, chest: Chest) -> Chest:
        """Return the chest with free air as background; the smaller, denser lung stays lung."""
        box = chest.box(self.side)
        if box is None:
            return chest
        lung, hu = chest.labels[box] == self.side, chest.hu[box]
        grid = self._source(chest, lung)
        both = torch.stack([lung.float(), hu])[None]
        moved = functional.grid_sample(both, grid[None], padding_mode="zeros", align_corners=True)[0]
        share = moved[0].clamp(0, 1) * lung
        # the same tissue in less space; by the square and not the cube, since blood leaves it too (chosen), and at most
        # as dense as muscle. Free air is -1000 HU; scanners give a little more, and less noise than of tissue
        denser = (-1000 + (moved[1] + 1000).clamp(min=0) / self.size**2).clamp(max=60)
        air = -995 + 0.3 * chest.grain(tuple(lung.shape), self.seed)
        inside = share * denser + (1 - share) * air
        labels = chest.labels.clone()
        labels[box] = torch.where(lung & (share <= 0.5), torch.zeros_like(labels[box]), labels[box])
        return replace(chest.blend(box, lung.float(), inside), labels=labels)

    def _source(self, chest: Chest, lung: torch.Tensor) -> torch.Tensor:
        """Return where each voxel of the shrunken lung comes from, (z, y, x, 3), from -1 to 1 as (x, y, z)."""
        size = lung.shape
        z, y, x = (torch.linspace(-1, 1, n) for n in size)
        # between head and foot a little above the middle, behind it, and towards the other lung (chosen by eye)
        hilum = torch.tensor([0.1, 0.15 + self.sink * chest.down[1] * 0.6, 0.85 if self.side == 1 else -0.85])
        parts = [h + (line - h) / self.size for line, h in zip((z, y, x), hilum, strict=True)]
        zz, yy, xx = torch.meshgrid(*parts, indexing="ij")
        return torch.stack([xx, yy, zz], dim=-1)


@dataclass(frozen=True)
class Emphysema:
    """Lung with holes: a share of both lungs near the density of air."""

    share: float
    grain: float
    depth: float
    seed: int

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Emphysema:
        """Return random emphysema."""
        # lumps from a part of a secondary lobule (10 to 25 mm) to several of them that have run together
        return cls(rng.uniform(0.05, 0.8), rng.uniform(6, 40), rng.uniform(0.4, 1.0), int(rng.integers(2**31)))

    def paint(self, chest: Chest) -> Chest:
        """Return the chest with emphysema; labels stay."""
        lung = (chest.labels == 1) | (chest.labels == 2)
        if not lung.any():
            return chest
        field = cloud(lung.shape, chest.spacing, self.grain, self.seed)
        cut = torch.quantile(field[lung][:: max(1, int(lung.sum()) // 100_000)], 1 - self.share)
        share = torch.sigmoid((field - cut) * 4) * lung * self.depth
        whole: Box = (slice(0, lung.shape[0]), slice(0, lung.shape[1]), slice(0, lung.shape[2]))
        # emphysema is what lies below -950 HU (Gevenois 1996); with `depth` below 1 it stays above
        return chest.blend(whole, share, torch.minimum(chest.hu, torch.tensor(-985.0)))


@dataclass(frozen=True)
class Bulla:
    """A round space of air of `radius` mm inside a lung, at its wall."""

    side: int
    radius: float
    seed: int

    @classmethod
    def draw(cls, rng: np.random.Generator, side: int) -> Bulla:
        """Return a random bulla."""
        # a bulla is wider than 10 mm, and giant where it fills a third of the lung; as many small as large ones
        return cls(side, float(np.exp(rng.uniform(np.log(6), np.log(50)))), int(rng.integers(2**31)))

    def paint(self, chest: Chest) -> Chest:
        """Return the chest with the bulla; labels stay."""
        box = chest.box(self.side)
        if box is None:
            return chest
        lung = chest.labels[box] == self.side
        points = lung.nonzero()
        centre = points[int(np.random.default_rng(self.seed).integers(len(points)))]
        z, y, x = millimetres(box, chest.spacing)
        middle = [(float(c) + part.start) * step for c, part, step in zip(centre, box, chest.spacing, strict=True)]
        far = torch.sqrt((z - middle[0]) ** 2 + (y - middle[1]) ** 2 + (x - middle[2]) ** 2)
        inside = torch.sigmoid((self.radius - far) * 1.5) * lung
        # a wall of about a millimetre, which a voxel of 2 mm shows by half: -200 HU
        wall = torch.sigmoid((1.2 - (far - self.radius).abs()) * 2) * lung * 0.5
        chest = chest.blend(box, wall, torch.maximum(chest.hu[box], torch.tensor(-200.0)))
        return chest.blend(box, inside, -990 + 0.3 * chest.grain(tuple(lung.shape), self.seed))
