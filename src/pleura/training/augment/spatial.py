"""Where the patient lies in the picture: scale, rotation, prone and mirrored patients, stretch, elastic deformation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pleura.inference.grid import FieldOfView
from pleura.training.data import SIDE

TURN_PROBABILITIES = {
    (0, False): 0.915,
    (2, False): 0.06,
    (2, True): 0.01,
    (0, True): 0.005,
    (1, False): 0.003,
    (3, False): 0.003,
    (1, True): 0.002,
    (3, True): 0.002,
}
"""Probabilities of quarter turns and mirroring. Most scans are read with the patient supine and the right lung at the
image's left, and the network may rely on that: with more mirrored slices it took an aortic arch on the right, a
rare variant, for a mirrored picture. Most mirrored pictures are upside down."""


@dataclass(frozen=True)
class SpatialParams:
    """How the grid is laid over a slice.

    `quarter_turns` are counted counter-clockwise, `mirrored` swaps left and right of the picture before them (the
    labels keep the side of the patient), `angle` is in radians, `scale` above 1 shows more than the field of view of
    the case, `stretch` is the ratio of rows to columns, `shift` moves the centre as a part of the side, `elastic` is
    the standard deviation of an elastic deformation in pixels, drawn from `seed`.
    """

    quarter_turns: int
    mirrored: bool
    angle: float
    scale: float
    stretch: float
    shift: tuple[float, float]
    elastic: float
    seed: int


IDENTITY = SpatialParams(
    quarter_turns=0, mirrored=False, angle=0.0, scale=1.0, stretch=1.0, shift=(0.0, 0.0), elastic=0.0, seed=0
)
"""The field of view of the case, as prediction lays it."""


def draw(rng: np.random.Generator) -> SpatialParams:
    """Return random parameters."""
    choices, probabilities = list(TURN_PROBABILITIES), list(TURN_PROBABILITIES.values())
    quarter_turns, mirrored = choices[rng.choice(len(choices), p=probabilities)]
    return SpatialParams(
        quarter_turns=quarter_turns,
        mirrored=mirrored,
        # degrees: the line through both lungs leans by -10 to 17 (measured, 1 % to 99 %); a tenth lie half
        # on their side, up to 0.8 radians, 46 degrees (chosen)
        angle=math.radians(rng.normal(0.0, 9.0)) if rng.random() < 0.9 else rng.uniform(-0.8, 0.8),
        # 0.79 to 1.27 in 95 %: the field of view of a scan is 0.96 to 1.18 times that of one of its slices
        # (measured, 1 % to 99 %). Three of ten: from one lung, 233 mm a side, to twice an adult's and more, where
        # children's lungs lie small (chosen)
        scale=math.exp(rng.normal(0.0, 0.12)) if rng.random() < 0.7 else rng.uniform(0.65, 2.4),
        # the logarithm of the lungs' height over width differs by 0.09 between slices (measured, standard
        # deviation); the slices bring that along, so this adds less
        stretch=math.exp(rng.normal(0.0, 0.07)),
        # 4 % of the side are 14 mm: the first look, on a coarse grid, misplaces the lungs by that much (chosen)
        shift=(float(rng.normal(0.0, 0.04)), float(rng.normal(0.0, 0.04))),
        # 1.4 to 8 mm between points 90 mm apart: chests differ in shape, and breathing moves them (chosen)
        elastic=rng.uniform(1.0, 6.0) if rng.random() < 0.3 else 0.0,
        seed=int(rng.integers(2**31)),
    )


def draw_small(rng: np.random.Generator) -> SpatialParams:
    """Return parameters close to those of prediction: half the spread of `draw`, or less, and nothing rare."""
    # a scan's own grid differs from a slice's by half of what `draw` covers (chosen)
    scale, angle = math.exp(rng.normal(0.0, 0.06)), math.radians(rng.normal(0.0, 4.0))
    shift = (float(rng.normal(0.0, 0.02)), float(rng.normal(0.0, 0.02)))
    return replace(IDENTITY, angle=angle, scale=scale, shift=shift)


def matrix(params: SpatialParams, fov: FieldOfView) -> Tensor:
    """Return the (2, 3) matrix for `affine_grid`: grid coordinates in -1..1 to slice coordinates (x, y) in -1..1."""
    angle = params.angle + params.quarter_turns * math.pi / 2
    cos, sin = math.cos(angle), math.sin(angle)
    mirror = -1.0 if params.mirrored else 1.0
    turned = torch.tensor([[cos * mirror, -sin * mirror], [sin, cos]])
    reach = torch.tensor([[fov.width / SIDE / params.stretch**0.5], [fov.height / SIDE * params.stretch**0.5]])
    centre = torch.tensor([[(2 * fov.left + fov.width) / SIDE - 1], [(2 * fov.top + fov.height) / SIDE - 1]])
    shift = torch.tensor([[params.shift[1] * 2], [params.shift[0] * 2]]) * reach
    return torch.cat([turned * reach * params.scale, centre + shift], dim=1)


def posterior(params: SpatialParams) -> tuple[float, float]:
    """Return the direction (row, column) on the placed picture that points to the back of the patient."""
    angle = params.angle + params.quarter_turns * math.pi / 2
    return math.cos(angle), math.sin(angle)


def apply(
    params: Sequence[SpatialParams], fovs: Sequence[FieldOfView], images: Tensor, labels: Tensor, count: int = 2
) -> tuple[Tensor, Tensor]:
    """Sample images (n, c, SIDE, SIDE), linearly, and labels (n, SIDE, SIDE), by majority, on the placed grids.

    Labels are 0 to `count`, and 255 for unknown. Air lies around the slices. Returns images float32, labels int64.
    """
    matrices = torch.stack([matrix(one, fov) for one, fov in zip(params, fovs, strict=True)])
    grid = functional.affine_grid(matrices.float(), [len(params), 1, SIDE, SIDE], align_corners=False)
    for index, one in enumerate(params):
        if one.elastic:
            grid[index] += _displacement(one)
    values = torch.tensor([*range(1, count + 1), 255])
    parts = torch.stack([labels == value for value in values], dim=1).float()
    sampled = functional.grid_sample(torch.cat([images, parts], dim=1), grid, align_corners=False)
    parts = sampled[:, images.shape[1] :]
    share, which = parts.max(dim=1)
    background = 1.0 - parts.sum(dim=1)
    return sampled[:, : images.shape[1]], torch.where(share > background, values[which], 0)


def _displacement(params: SpatialParams) -> Tensor:
    """Return a smooth random displacement field, (SIDE, SIDE, 2) in the coordinates of `affine_grid`."""
    generator = torch.Generator().manual_seed(params.seed)
    field = torch.randn(1, 2, 5, 5, generator=generator) * (params.elastic * 2 / SIDE)
    field = functional.interpolate(field, size=(SIDE, SIDE), mode="bicubic", align_corners=True)
    return field[0].permute(1, 2, 0)
