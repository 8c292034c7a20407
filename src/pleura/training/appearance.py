"""How scanners and pictures differ: field of view, dose, kernel, contrast, number of greys."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Look:
    """How one sample looks.

    `view` is the radius of the reconstructed circle as a part of the side, or None. `blur` and `sharpen` stand for
    soft and sharp kernels, `coarse` for slices shrunk and enlarged again, `noise` is a standard deviation in 0..1
    with `grain` pixels of correlation, `gamma` bends the contrast, `tiles` and `limit` are those of `equalise` (0
    tiles leave it out), `greys` is the number of grey levels left, `lift` the brightness of black.
    """

    view: float | None
    blur: float
    sharpen: float
    coarse: float
    noise: float
    grain: float
    gamma: float
    tiles: int
    limit: float
    greys: int
    lift: float


AS_IS = Look(
    view=None, blur=0.0, sharpen=0.0, coarse=1.0, noise=0.0, grain=0.0, gamma=1.0, tiles=0, limit=1.0, greys=0, lift=0.0
)
"""No change at all."""


def draw(rng: np.random.Generator, window: tuple[float, float], *, noisy: bool) -> Look:
    """Return a random look; `noisy` sets carry noise of their own, so more of their samples are smoothed."""
    blurred = rng.random() < (0.6 if noisy else 0.15)
    return Look(
        view=rng.uniform(0.36, 0.52) if rng.random() < 0.12 else None,
        blur=rng.uniform(0.5, 1.4) if blurred else 0.0,
        sharpen=rng.uniform(0.3, 1.8) if rng.random() < 0.15 else 0.0,
        coarse=rng.uniform(0.35, 0.8) if rng.random() < 0.12 else 1.0,
        noise=math.exp(rng.uniform(math.log(8), math.log(130))) / (window[1] - window[0])
        if rng.random() < 0.3
        else 0.0,
        grain=rng.uniform(0.4, 1.2) if rng.random() < 0.6 else 0.0,
        gamma=math.exp(rng.normal(0.0, 0.2)) if rng.random() < 0.3 else 1.0,
        tiles=int(rng.choice([2, 4, 8, 8])) if rng.random() < (0.4 if window[1] - window[0] > 255 else 0.05) else 0,
        limit=math.exp(rng.uniform(math.log(1.5), math.log(12.0))),
        greys=int(rng.choice([255, 255, 64, 24])) if rng.random() < 0.3 else 0,
        lift=rng.uniform(0.0, 0.15) if rng.random() < 0.1 else 0.0,
    )


def crop_view(look: Look, image: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    """Return image and label with nothing but air outside the reconstructed circle."""
    if look.view is None:
        return image, label
    height, width = label.shape
    ys = torch.linspace(-0.5, 0.5, height).view(-1, 1)
    xs = torch.linspace(-0.5, 0.5, width).view(1, -1)
    inside = ys**2 + xs**2 < look.view**2
    return image * inside, torch.where(inside, label, 0)


def apply(look: Look, image: Tensor, chance: torch.Generator) -> Tensor:
    """Return the image, (3, h, w) in 0..1, with the look of another scanner or picture."""
    if look.coarse < 1.0:
        small = functional.interpolate(image[None], scale_factor=look.coarse, mode="area")
        image = functional.interpolate(small, size=image.shape[1:], mode="bilinear", align_corners=False)[0]
    if look.blur:
        image = smooth(image, look.blur)
    if look.sharpen:
        image = image + look.sharpen * (image - smooth(image, 1.0))
    if look.noise:
        image = image + look.noise * _noise(image.shape, look.grain, chance)
    image = image.clamp(0.0, 1.0)
    if look.gamma != 1.0:
        image = image**look.gamma
    if look.tiles:
        image = equalise(_stretched(image), look.tiles, look.limit)
    if look.lift:
        image = look.lift + (1.0 - look.lift) * image
    if look.greys:
        image = (image * look.greys).round() / look.greys
    return image


def _stretched(image: Tensor) -> Tensor:
    """Return the image with its darkest pixel at 0 and its brightest at 1."""
    low, high = image.amin(), image.amax()
    return (image - low) / (high - low).clamp_min(1e-3)


def smooth(image: Tensor, sigma: float) -> Tensor:
    """Return (c, h, w) blurred by a Gaussian of `sigma` pixels."""
    reach = max(1, math.ceil(2.5 * sigma))
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = kernel / kernel.sum()
    padded = functional.pad(image[:, None], [reach] * 4, mode="replicate")
    rows = functional.conv2d(padded, kernel.view(1, 1, -1, 1))
    return functional.conv2d(rows, kernel.view(1, 1, 1, -1))[:, 0]


def equalise(image: Tensor, tiles: int, limit: float) -> Tensor:
    """Return the image with its histogram made even tile by tile, contrast limited: CLAHE, as viewers offer it.

    Each of `tiles` x `tiles` parts gets its own curve, no steeper than `limit` times a straight line, and every
    pixel is looked up on the curves of the four tiles around it (Zuiderveld 1994, Graphics Gems IV).
    """
    greys = 128
    channels, height, width = image.shape
    index = (image * (greys - 1)).round().long()
    blocks = index.view(channels, tiles, height // tiles, tiles, width // tiles).transpose(2, 3)
    blocks = blocks.reshape(channels * tiles * tiles, -1)
    counts = torch.zeros(len(blocks), greys).scatter_add_(1, blocks, torch.ones_like(blocks, dtype=torch.float32))
    share = counts / blocks.shape[1]
    clipped = share.clamp_max(limit / greys)
    curves = (clipped + (1.0 - clipped.sum(1, keepdim=True)) / greys).cumsum(1).view(channels, tiles, tiles, greys)
    rows, columns = (_between_tiles(size, tiles) for size in (height, width))
    place = torch.arange(channels).view(-1, 1, 1)
    result = torch.zeros_like(image)
    for row, row_weight in rows:
        for column, column_weight in columns:
            looked_up = curves[place, row.view(-1, 1), column.view(1, -1), index]
            result += looked_up * row_weight.view(-1, 1) * column_weight.view(1, -1)
    return result


def _between_tiles(size: int, tiles: int) -> list[tuple[Tensor, Tensor]]:
    """Return, for each pixel along an axis, the tile before it and the tile after it, with their linear weights."""
    position = ((torch.arange(size) + 0.5) * tiles / size - 0.5).clamp(0, tiles - 1)
    before = position.floor().long().clamp_max(tiles - 2)
    after_weight = position - before
    return [(before, 1.0 - after_weight), (before + 1, after_weight)]


def _noise(shape: torch.Size, grain: float, chance: torch.Generator) -> Tensor:
    noise = torch.randn(shape, generator=chance)
    if not grain:
        return noise
    noise = smooth(noise, grain)
    return noise / noise.std()
