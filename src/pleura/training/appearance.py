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
    with `grain` pixels of correlation, `gamma` and `local` change the contrast (`local` like CLAHE, as a mixture),
    `greys` is the number of grey levels left, `lift` the brightness of black.
    """

    view: float | None
    blur: float
    sharpen: float
    coarse: float
    noise: float
    grain: float
    gamma: float
    local: float
    local_size: int
    greys: int
    lift: float


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
        local=rng.uniform(0.2, 0.9) if rng.random() < 0.15 else 0.0,
        local_size=int(rng.choice([33, 65, 129])),
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
    if look.local:
        image = (1.0 - look.local) * image + look.local * local_contrast(image, look.local_size)
    if look.lift:
        image = look.lift + (1.0 - look.lift) * image
    if look.greys:
        image = (image * look.greys).round() / look.greys
    return image


def smooth(image: Tensor, sigma: float) -> Tensor:
    """Return (c, h, w) blurred by a Gaussian of `sigma` pixels."""
    reach = max(1, math.ceil(2.5 * sigma))
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = kernel / kernel.sum()
    padded = functional.pad(image[:, None], [reach] * 4, mode="replicate")
    rows = functional.conv2d(padded, kernel.view(1, 1, -1, 1))
    return functional.conv2d(rows, kernel.view(1, 1, 1, -1))[:, 0]


def local_contrast(image: Tensor, size: int) -> Tensor:
    """Return the image with mean and spread made alike in every neighbourhood of `size` pixels, much as CLAHE does.

    Both are measured on a copy shrunk four times: they vary slowly, and large windows are dear.
    """
    small = functional.interpolate(image[None], scale_factor=0.25, mode="area")
    window = size // 4 | 1
    mean, power = (
        functional.avg_pool2d(part, window, 1, window // 2, count_include_pad=False) for part in (small, small**2)
    )
    spread = (power - mean**2).clamp_min(0.0).sqrt()
    mean, spread = (
        functional.interpolate(part, size=image.shape[1:], mode="bilinear", align_corners=False)[0]
        for part in (mean, spread)
    )
    return (0.5 + 0.28 * (image - mean) / (spread + 0.06)).clamp(0.0, 1.0)


def _noise(shape: torch.Size, grain: float, chance: torch.Generator) -> Tensor:
    noise = torch.randn(shape, generator=chance)
    if not grain:
        return noise
    noise = smooth(noise, grain)
    return noise / noise.std()
