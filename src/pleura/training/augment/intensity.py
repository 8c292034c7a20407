"""How scanners and pictures differ: field of view, dose, kernel, contrast, number of grey levels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class IntensityParams:
    """How one sample looks.

    `fov_radius` is the radius of the reconstructed circle as a part of the side, or None. `blur` and `sharpen` stand
    for soft and sharp kernels, `downscale` for slices shrunk and enlarged again, `noise` is a standard deviation in
    0..1 with `grain` pixels of correlation, `gamma` bends the contrast, `clahe_tiles` and `clahe_limit` are those of
    `clahe` (0 tiles leave it out), `grey_levels` is the number of grey levels left, `black_level` the brightness of
    black.
    """

    fov_radius: float | None
    blur: float
    sharpen: float
    downscale: float
    noise: float
    grain: float
    gamma: float
    clahe_tiles: int
    clahe_limit: float
    grey_levels: int
    black_level: float


IDENTITY = IntensityParams(
    fov_radius=None,
    blur=0.0,
    sharpen=0.0,
    downscale=1.0,
    noise=0.0,
    grain=0.0,
    gamma=1.0,
    clahe_tiles=0,
    clahe_limit=1.0,
    grey_levels=0,
    black_level=0.0,
)
"""No change at all."""


def draw(rng: np.random.Generator, window: tuple[float, float], *, noisy: bool) -> IntensityParams:
    """Return random parameters; `noisy` sets carry noise of their own, so more of their samples are smoothed.

    How often each comes is chosen.
    """
    blurred = rng.random() < (0.6 if noisy else 0.15)
    width = window[1] - window[0]
    return IntensityParams(
        # a circle of 129 to 186 mm around the middle: it cuts the sides of the lungs, or the grid's corners alone
        fov_radius=rng.uniform(0.36, 0.52) if rng.random() < 0.12 else None,
        # 0.7 to 2 mm, from a soft kernel to pictures enlarged from few pixels
        blur=rng.uniform(0.5, 1.4) if blurred else 0.0,
        # edges overshoot by up to twice their detail, as sharp kernels and viewers make them: chosen
        sharpen=rng.uniform(0.3, 1.8) if rng.random() < 0.15 else 0.0,
        # 90 to 205 pixels a side: pictures of pages and lists, and sets of 128 pixels
        downscale=rng.uniform(0.35, 0.8) if rng.random() < 0.12 else 1.0,
        # HU: four whole scans have 11 to 42 (measured), and a tenth of the dose makes three times that. Pictures
        # that are not HU have a window of 255, and so 3 to 51 % of it
        noise=math.exp(rng.uniform(math.log(8), math.log(130))) / width if rng.random() < 0.3 else 0.0,
        # reconstruction and resampling make neighbours alike over a pixel or so; without grain, noise of a detector
        grain=rng.uniform(0.4, 1.2) if rng.random() < 0.6 else 0.0,
        # 0.67 to 1.49 in 95 %: screens and exports differ; chosen
        gamma=math.exp(rng.normal(0.0, 0.2)) if rng.random() < 0.3 else 1.0,
        # the pictures of the set covid were equalised before they came to us: slices in HU are often, pictures hardly
        clahe_tiles=int(rng.choice([2, 4, 8, 8])) if rng.random() < (0.4 if width > 255 else 0.05) else 0,
        # curves up to 1.5 to 12 times as steep as a straight line: chosen
        clahe_limit=math.exp(rng.uniform(math.log(1.5), math.log(12.0))),
        # 8 bits mostly, 6 bits of old displays, and fewer as in GIFs and posterised pages
        grey_levels=int(rng.choice([255, 255, 64, 24])) if rng.random() < 0.3 else 0,
        # black of photographed screens and prints: chosen
        black_level=rng.uniform(0.0, 0.15) if rng.random() < 0.1 else 0.0,
    )


def crop_fov(params: IntensityParams, image: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    """Return image and label with nothing but air outside the reconstructed circle."""
    if params.fov_radius is None:
        return image, label
    height, width = label.shape
    ys = torch.linspace(-0.5, 0.5, height).view(-1, 1)
    xs = torch.linspace(-0.5, 0.5, width).view(1, -1)
    inside = ys**2 + xs**2 < params.fov_radius**2
    return image * inside, torch.where(inside, label, 0)


def apply(params: IntensityParams, image: Tensor, generator: torch.Generator) -> Tensor:
    """Return the image, (3, h, w) in 0..1, with the look of another scanner or picture."""
    if params.downscale < 1.0:
        small = functional.interpolate(image[None], scale_factor=params.downscale, mode="area")
        image = functional.interpolate(small, size=image.shape[1:], mode="bilinear", align_corners=False)[0]
    if params.blur:
        image = gaussian_blur(image, params.blur)
    if params.sharpen:
        image = image + params.sharpen * (image - gaussian_blur(image, 1.0))
    if params.noise:
        image = image + params.noise * _noise(image.shape, params.grain, generator)
    image = image.clamp(0.0, 1.0)
    if params.gamma != 1.0:
        image = image**params.gamma
    if params.clahe_tiles:
        image = clahe(_stretched(image), params.clahe_tiles, params.clahe_limit)
    if params.black_level:
        image = params.black_level + (1.0 - params.black_level) * image
    if params.grey_levels:
        image = (image * params.grey_levels).round() / params.grey_levels
    return image


def _stretched(image: Tensor) -> Tensor:
    """Return the image with its darkest pixel at 0 and its brightest at 1."""
    low, high = image.amin(), image.amax()
    return (image - low) / (high - low).clamp_min(1e-3)


def gaussian_blur(image: Tensor, sigma: float) -> Tensor:
    """Return (c, h, w) blurred by a Gaussian of `sigma` pixels."""
    reach = max(1, math.ceil(2.5 * sigma))
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = kernel / kernel.sum()
    padded = functional.pad(image[:, None], [reach] * 4, mode="replicate")
    rows = functional.conv2d(padded, kernel.view(1, 1, -1, 1))
    return functional.conv2d(rows, kernel.view(1, 1, 1, -1))[:, 0]


def clahe(image: Tensor, tiles: int, limit: float) -> Tensor:
    """Return the image with its histogram made even tile by tile, contrast limited: CLAHE, as viewers offer it.

    Each of `tiles` x `tiles` parts gets its own curve, no steeper than `limit` times a straight line, and every
    pixel is looked up on the curves of the four tiles around it (Zuiderveld 1994, Graphics Gems IV).
    """
    greys = 128  # of which an eye tells fewer; tables of 256 would take twice as long
    channels, height, width = image.shape
    index = (image * (greys - 1)).round().long()
    blocks = index.view(channels, tiles, height // tiles, tiles, width // tiles).transpose(2, 3)
    blocks = blocks.reshape(channels * tiles * tiles, -1)
    counts = torch.zeros(len(blocks), greys).scatter_add_(1, blocks, torch.ones_like(blocks, dtype=torch.float32))
    share = counts / blocks.shape[1]
    clipped = share.clamp_max(limit / greys)
    curves = (clipped + (1.0 - clipped.sum(1, keepdim=True)) / greys).cumsum(1).view(channels, tiles, tiles, greys)
    rows, columns = (_between_tiles(size, tiles) for size in (height, width))
    channel = torch.arange(channels).view(-1, 1, 1)
    result = torch.zeros_like(image)
    for row, row_weight in rows:
        for column, column_weight in columns:
            looked_up = curves[channel, row.view(-1, 1), column.view(1, -1), index]
            result += looked_up * row_weight.view(-1, 1) * column_weight.view(1, -1)
    return result


def _between_tiles(size: int, tiles: int) -> list[tuple[Tensor, Tensor]]:
    """Return, for each pixel along an axis, the tile before it and the tile after it, with their linear weights."""
    position = ((torch.arange(size) + 0.5) * tiles / size - 0.5).clamp(0, tiles - 1)
    before = position.floor().long().clamp_max(tiles - 2)
    after_weight = position - before
    return [(before, 1.0 - after_weight), (before + 1, after_weight)]


def _noise(shape: torch.Size, grain: float, generator: torch.Generator) -> Tensor:
    noise = torch.randn(shape, generator=generator)
    if not grain:
        return noise
    noise = gaussian_blur(noise, grain)
    return noise / noise.std()
