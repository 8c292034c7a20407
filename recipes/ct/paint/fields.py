"""Random fields in space: smooth clouds and thin tubes, the same for the same seed on the same grid."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def white(shape: Sequence[int], seed: int) -> Tensor:
    """Return independent normal noise."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def cloud(shape: Sequence[int], spacing: Sequence[float], grain: float, seed: int) -> Tensor:
    """Return smooth noise of mean 0 and deviation near 1 whose lumps are about `grain` mm wide."""
    coarse = [max(2, round(size * step / grain) + 1) for size, step in zip(shape, spacing, strict=True)]
    field = functional.interpolate(white(coarse, seed)[None, None], size=list(shape), mode="trilinear")[0, 0]
    return field / 0.55  # what interpolation leaves of a deviation of 1: (2 / 3) ** 1.5


def tubes(shape: Sequence[int], spacing: Sequence[float], grain: float, radius: float, seed: int) -> Tensor:
    """Return 1 in thin winding tubes of about `radius` mm, 0 elsewhere, soft between.

    They are where two clouds are both near 0: the crossing of two surfaces is a curve.
    """
    first, second = (cloud(shape, spacing, grain, seed + step) for step in (0, 1))
    far = torch.sqrt(first**2 + second**2) * (grain / 1.7)
    return torch.sigmoid((radius - far) * 2.0)


def sheets(shape: Sequence[int], spacing: Sequence[float], grain: float, thickness: float, seed: int) -> Tensor:
    """Return 1 in thin winding sheets, 0 elsewhere: septa, reticulation, the walls of honeycombs."""
    far = cloud(shape, spacing, grain, seed).abs() * (grain / 1.7)
    return torch.sigmoid((thickness / 2 - far) * 2.0)
