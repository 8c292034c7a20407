"""Where the patient lies in the picture: scale, rotation, prone and flipped patients, stretch, small bends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pleura.inference.grid import FieldOfView
from pleura.training.data import SIDE

TURNS = {(0, False): 0.915, (2, False): 0.06, (2, True): 0.01, (0, True): 0.005}
TURNS |= {(1, False): 0.003, (3, False): 0.003, (1, True): 0.002, (3, True): 0.002}
"""Chances of quarter turns and mirroring. Most scans are read with the patient supine and the right lung at the
image's left, and the network may rely on that: with more mirrored slices it took an aortic arch on the right, a
rare variant, for a mirrored picture. Most mirrored pictures are upside down."""


@dataclass(frozen=True)
class Place:
    """How the grid is laid over a slice.

    `turn` counts quarter turns, `mirrored` swaps left and right of the picture before them (the labels keep the side of
    the patient), `angle` is in radians, `scale` above 1 shows more than the field of view of the case, `stretch` is the
    ratio of rows to columns, `shift` moves the centre as a part of the side, `bend` is in pixels.
    """

    turn: int
    mirrored: bool
    angle: float
    scale: float
    stretch: float
    shift: tuple[float, float]
    bend: float
    seed: int


def draw(rng: np.random.Generator) -> Place:
    """Return a random place."""
    turn, mirrored = list(TURNS)[rng.choice(len(TURNS), p=list(TURNS.values()))]
    return Place(
        turn=turn,
        mirrored=mirrored,
        angle=math.radians(rng.normal(0.0, 9.0)) if rng.random() < 0.9 else rng.uniform(-0.8, 0.8),
        scale=math.exp(rng.normal(0.0, 0.12)) if rng.random() < 0.7 else rng.uniform(0.65, 2.4),
        stretch=math.exp(rng.normal(0.0, 0.07)),
        shift=(float(rng.normal(0.0, 0.04)), float(rng.normal(0.0, 0.04))),
        bend=rng.uniform(1.0, 6.0) if rng.random() < 0.3 else 0.0,
        seed=int(rng.integers(2**31)),
    )


def draw_small(rng: np.random.Generator) -> Place:
    """Return a place close to the one of prediction."""
    scale, angle = math.exp(rng.normal(0.0, 0.06)), math.radians(rng.normal(0.0, 4.0))
    shift = (float(rng.normal(0.0, 0.02)), float(rng.normal(0.0, 0.02)))
    return Place(turn=0, mirrored=False, angle=angle, scale=scale, stretch=1.0, shift=shift, bend=0.0, seed=0)


def matrix(place: Place, fov: FieldOfView) -> Tensor:
    """Return the (2, 3) matrix for `affine_grid`: grid coordinates in -1..1 to slice coordinates (x, y) in -1..1."""
    angle = place.angle + place.turn * math.pi / 2
    cos, sin = math.cos(angle), math.sin(angle)
    mirror = -1.0 if place.mirrored else 1.0
    turned = torch.tensor([[cos * mirror, -sin * mirror], [sin, cos]])
    reach = torch.tensor([[fov.width / SIDE / place.stretch**0.5], [fov.height / SIDE * place.stretch**0.5]])
    centre = torch.tensor([[(2 * fov.left + fov.width) / SIDE - 1], [(2 * fov.top + fov.height) / SIDE - 1]])
    shift = torch.tensor([[place.shift[1] * 2], [place.shift[0] * 2]]) * reach
    return torch.cat([turned * reach * place.scale, centre + shift], dim=1)


def down(place: Place) -> tuple[float, float]:
    """Return the direction (row, column) on the placed picture that points to the back of the patient."""
    angle = place.angle + place.turn * math.pi / 2
    return math.cos(angle), math.sin(angle)


AS_READ = Place(turn=0, mirrored=False, angle=0.0, scale=1.0, stretch=1.0, shift=(0.0, 0.0), bend=0.0, seed=0)
"""The field of view of the case, as prediction lays it."""


def apply(
    places: Sequence[Place], fovs: Sequence[FieldOfView], images: Tensor, labels: Tensor, count: int = 2
) -> tuple[Tensor, Tensor]:
    """Sample images (n, c, SIDE, SIDE), linearly, and labels (n, SIDE, SIDE), by majority, on the placed grids.

    Labels are 0 to `count`, and 255 for unknown. Air lies around the slices. Returns images float32, labels int64.
    """
    matrices = torch.stack([matrix(place, fov) for place, fov in zip(places, fovs, strict=True)])
    grid = functional.affine_grid(matrices.float(), [len(places), 1, SIDE, SIDE], align_corners=False)
    for index, place in enumerate(places):
        if place.bend:
            chance = torch.Generator().manual_seed(place.seed)
            field = torch.randn(1, 2, 5, 5, generator=chance) * (place.bend * 2 / SIDE)
            field = functional.interpolate(field, size=(SIDE, SIDE), mode="bicubic", align_corners=True)
            grid[index] += field[0].permute(1, 2, 0)
    values = torch.tensor([*range(1, count + 1), 255])
    parts = torch.stack([labels == value for value in values], dim=1).float()
    sampled = functional.grid_sample(torch.cat([images, parts], dim=1), grid, align_corners=False)
    parts = sampled[:, images.shape[1] :]
    share, which = parts.max(dim=1)
    background = 1.0 - parts.sum(dim=1)
    return sampled[:, : images.shape[1]], torch.where(share > background, values[which], 0)
