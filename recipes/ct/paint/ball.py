"""Round masses: free in the lung, at the wall, at the hilum, or standing on the diaphragm. They are lung."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from recipes.ct.paint.chest import Chest, millimetres

PLACES = ("free", "wall", "hilum", "diaphragm")
PLACE_PROBABILITIES = (0.2, 0.3, 0.2, 0.3)
"""More where a network of slices fails: at the wall, and on the diaphragm, where a mass looks like a dome (chosen)."""


@dataclass(frozen=True)
class Ball:
    """A mass of `radius` mm on a side, at one of `PLACES`; `bumps` is how much its surface is lobed, 0 to 0.3."""

    side: int
    place: str
    radius: float
    density: float
    bumps: float
    seed: int

    @classmethod
    def draw(cls, rng: np.random.Generator, side: int) -> Ball:
        """Return a random ball of 6 to 80 mm across: nodules are up to 30 mm, masses above; as many small as large."""
        radius = math.exp(rng.uniform(math.log(3.0), math.log(40.0)))
        place = str(rng.choice(PLACES, p=PLACE_PROBABILITIES))
        # from necrosis, near water, to a tumour with contrast
        return cls(side, place, radius, rng.uniform(5, 110), rng.uniform(0, 0.3), int(rng.integers(2**31)))

    def paint(self, chest: Chest) -> Chest:
        """Return the chest with the ball, as far as it lies in its lung."""
        whole = chest.box(self.side)
        if whole is None:
            return chest
        centre = self._centre(chest, whole)
        reach = 1.5 * self.radius + 3  # the lobes of the surface reach 1.48 radii, its soft edge 3 mm further
        box = tuple(
            slice(
                max(part.start, int((middle - reach) / step)),
                max(min(part.stop, int((middle + reach) / step) + 2), part.start),
            )
            for part, middle, step in zip(whole, centre, chest.spacing, strict=True)
        )
        share = self._share(box, centre, chest) * (chest.labels[box] == self.side)  # type: ignore[arg-type]
        target = self.density + chest.grain(tuple(share.shape), self.seed + 7)
        return chest.blend(box, share, torch.maximum(target, chest.hu[box].clamp(max=60)))  # type: ignore[arg-type]

    def _share(self, box: tuple[slice, slice, slice], centre: tuple[float, ...], chest: Chest) -> Tensor:
        """Return how much of each voxel the ball fills, with a surface of low waves."""
        z, y, x = millimetres(box, chest.spacing)
        dz, dy, dx = z - centre[0], y - centre[1], x - centre[2]
        phase = self.seed % 628 / 100
        turn, lift = torch.atan2(dy, dx), torch.atan2(dz, torch.sqrt(dy**2 + dx**2))
        waves = torch.sin(3 * turn + phase) * torch.cos(lift) + 0.6 * torch.sin(4 * lift + 2 * turn + phase)
        far = torch.sqrt(dz**2 + dy**2 + dx**2) - self.radius * (1 + self.bumps * waves)
        edge = 0.5 * min(chest.spacing) + 0.6  # half a voxel, and the blur of a scanner
        return torch.sigmoid(-2 * far / edge)

    def _centre(self, chest: Chest, box: tuple[slice, slice, slice]) -> tuple[float, ...]:
        """Return a point in mm: a voxel of the lung that fits the place, moved inwards by a part of the radius."""
        lung = chest.labels[box] == self.side
        home = _home(lung, self.place, self.side)
        points = (home if home.any() else lung).nonzero()
        rng = np.random.default_rng(self.seed)
        point = points[int(rng.integers(len(points)))].float()
        step = torch.tensor(chest.spacing)
        if self.place == "diaphragm":
            point = point + torch.tensor([rng.uniform(0.0, 0.9) * self.radius, 0, 0]) / step
        elif self.place != "free":
            inward = torch.tensor([(part.stop - part.start) / 2 for part in box]) - point
            inward[0] *= 0.3
            direction = inward * step / (inward * step).norm().clamp(min=1)
            point = point + direction * rng.uniform(-0.3, 0.8) * self.radius / step
        start = torch.tensor([part.start for part in box])
        return tuple(float(value) for value in (point + start) * step)


def _home(lung: Tensor, place: str, side: int) -> Tensor:
    """Return the voxels of a lung where the centre of a ball may lie."""
    if place == "free":
        return lung
    home = torch.zeros_like(lung)
    if place == "diaphragm":
        below = torch.zeros_like(lung)
        below[1:] = lung[:-1]
        home = lung & ~below
        home[: max(1, len(home) // 50)] = False
        home[len(home) * 6 // 10 :] = False
        return home
    toward = 1 if side == 1 else -1  # the middle lies at greater x for the right lung
    toward = toward if place == "hilum" else -toward
    home = lung & ~torch.roll(lung, -toward, dims=2)
    if place == "hilum":
        home[: len(home) // 3] = False
        home[len(home) * 3 // 4 :] = False
    return home
