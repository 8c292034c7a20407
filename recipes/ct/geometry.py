"""How a scan lies and what of it was scanned: size, tilt, coverage, one side, field of view, thickness of slices."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from recipes.ct.paint.chest import Chest

AIR = -1024.0
"""HU beyond what was scanned, as scanners fill it."""


@dataclass(frozen=True)
class Geometry:
    """One scanning.

    Attributes
    ----------
    scale : size of the patient, with its ratios along (z, y, x)
    angles : turns in degrees about z, y and x
    half_turn : whether the file says the opposite of where the patient's right is: 180 degrees in the slice
    cover : first and last part of the length that was scanned, 0 to 1
    across : first and last part of the width
    circle : radius of the field of view as a part of half the width; 0 for none
    """

    scale: tuple[float, float, float]
    angles: tuple[float, float, float]
    half_turn: bool
    cover: tuple[float, float]
    across: tuple[float, float]
    circle: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Geometry:
        """Return a random geometry: half of the scans whole, most patients adults."""
        # adults; a quarter reach from an infant, whose chest is half as long, to beyond the largest adult (chosen)
        size = rng.uniform(0.85, 1.2) if rng.random() < 0.75 else rng.uniform(0.45, 1.3)
        ratios = np.exp(rng.normal(0, 0.06, 3))  # barrel chests and flat ones: 12 % either way in 95 % (chosen)
        # degrees of deviation: half straight, a third as people lie, one in eight askew by up to 40 degrees (chosen)
        tilt = float(rng.choice([0.0, 5.0, 20.0], p=[0.5, 0.37, 0.13]))
        cover = (0.0, 1.0)
        if rng.random() < 0.5:  # abdomens and necks show a part of the lungs; below 4 cm of 35, hardly any
            first, last = sorted(rng.uniform(-0.3, 1.3, 2).clip(0, 1))
            cover = (first, last) if last - first > 0.12 else (0.0, 1.0)
        across = (0.0, 1.0)
        if rng.random() < 0.06:  # spines and breasts are scanned with one lung or little more (chosen)
            across = (0.0, rng.uniform(0.42, 0.75)) if rng.random() < 0.5 else (rng.uniform(0.25, 0.58), 1.0)
        return cls(
            scale=(float(size * ratios[0]), float(size * ratios[1]), float(size * ratios[2])),
            angles=(rng.normal(0, tilt), rng.normal(0, tilt / 2), rng.normal(0, tilt / 2)),
            half_turn=bool(rng.random() < 0.04),  # wrong files are rare, but sides must come from anatomy (chosen)
            cover=cover,
            across=across,
            # a reconstruction is a circle; below 1 it cuts arms and the body's sides (chosen)
            circle=rng.uniform(0.8, 1.1) if rng.random() < 0.2 else 0.0,
        )

    def apply(self, chest: Chest) -> Chest:
        """Return the chest as scanned, on the grid it was on."""
        depth, _, width = chest.hu.shape
        rows = slice(int(self.cover[0] * depth), max(int(self.cover[1] * depth), int(self.cover[0] * depth) + 8))
        columns = slice(int(self.across[0] * width), max(int(self.across[1] * width), int(self.across[0] * width) + 8))
        hu, labels = chest.hu[rows, :, columns], chest.labels[rows, :, columns]
        size = [max(8, round(count * scale)) for count, scale in zip(hu.shape, self.scale, strict=True)]
        if any(self.angles) or self.half_turn:
            grid = functional.affine_grid(self._matrix(size), [1, 1, *size], align_corners=False)
            moved = functional.grid_sample((hu - AIR)[None, None], grid, align_corners=False)[0, 0] + AIR
            mask = functional.grid_sample(labels[None, None].float(), grid, mode="nearest", align_corners=False)[0, 0]
        else:
            moved = functional.interpolate(hu[None, None], size=size, mode="trilinear")[0, 0]
            mask = functional.interpolate(labels[None, None], size=size, mode="nearest")[0, 0]
        return replace(
            chest, hu=self._seen(moved), labels=mask.to(torch.uint8), painted=torch.zeros(size, dtype=torch.bool)
        )

    def _matrix(self, size: list[int]) -> Tensor:
        """Return the (1, 3, 4) matrix from places in the result to places in the source, each axis from -1 to 1."""
        about_z, about_y, about_x = (math.radians(angle) for angle in self.angles)
        about_z += math.pi if self.half_turn else 0.0
        cz, sz, cy, sy, cx, sx = (f(a) for a in (about_z, about_y, about_x) for f in (math.cos, math.sin))
        turn_z = torch.tensor([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1.0]])
        turn_y = torch.tensor([[cy, 0, sy], [0, 1.0, 0], [-sy, 0, cy]])
        turn_x = torch.tensor([[1.0, 0, 0], [0, cx, -sx], [0, sx, cx]])
        lengths = torch.tensor([float(size[2]), float(size[1]), float(size[0])])
        turn = (turn_z @ turn_y @ turn_x) * lengths.view(1, 3) / lengths.view(3, 1)
        return torch.cat([turn, torch.zeros(3, 1)], dim=1)[None]

    def _seen(self, hu: Tensor) -> Tensor:
        """Return HU with air outside the circle of the field of view."""
        if not self.circle:
            return hu
        y = torch.linspace(-1, 1, hu.shape[1]).view(-1, 1) * hu.shape[1] / hu.shape[2]
        x = torch.linspace(-1, 1, hu.shape[2]).view(1, -1)
        return torch.where(y**2 + x**2 <= self.circle**2, hu, torch.tensor(AIR))
