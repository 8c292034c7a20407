"""What sets radiographs apart: turned and inverted pictures, contrast, opacities, markers and catheters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pleura.training.augment.intensity import IntensityParams, gaussian_blur
from pleura.training.augment.spatial import SpatialParams

TURN_PROBABILITIES = (0.85, 0.05, 0.05, 0.05)
"""Probabilities of 0 to 3 quarter turns, chosen: prediction turns pictures upright first, so these are its mistakes.
None is mirrored: the heart would lie on the wrong side."""


@dataclass(frozen=True)
class RadiographParams:
    """What happens to one radiograph.

    `inverted` makes bone dark; `opacity` is how much of the contrast an opacity takes from the lung `opacity_side`
    (0 for both, 1 right, 2 left), over the part `opacity_extent` of it; `markers` letters and `catheters` lines are
    drawn anywhere; `frame` is the width of a border in parts of the side, `frame_grey` its brightness; `contrast` is
    that of the whole picture, 1 as it is.
    """

    inverted: bool
    opacity: float
    opacity_side: int
    opacity_extent: float
    markers: int
    catheters: int
    frame: float
    frame_grey: float
    contrast: float


def draw(rng: np.random.Generator) -> RadiographParams:
    """Return random parameters; how often each comes is chosen, in a fifth of the pictures or less but for contrast."""
    return RadiographParams(
        inverted=bool(rng.random() < 0.15),  # MONOCHROME1 that was exported without its header
        # from a veil to a white lung, on a fifth of a lung to all of it
        opacity=rng.uniform(0.4, 1.0) if rng.random() < 0.2 else 0.0,
        opacity_side=int(rng.integers(3)),
        opacity_extent=rng.uniform(0.2, 1.0),
        # one to three: the side's letter with a name or a time; a tube, a catheter and a wire
        markers=int(rng.integers(1, 4)) if rng.random() < 0.25 else 0,
        catheters=int(rng.integers(1, 4)) if rng.random() < 0.2 else 0,
        # 3 to 31 pixels of 256: collimators, scanned film, screenshots; black, white or any grey
        frame=rng.uniform(0.01, 0.12) if rng.random() < 0.12 else 0.0,
        frame_grey=float(rng.choice([0.0, 1.0, rng.random()])),
        # white less black is 0.32 to 0.98 of the range (measured, 1 % to 99 %)
        contrast=rng.uniform(0.3, 0.9) if rng.random() < 0.3 else 1.0,
    )


def draw_spatial(rng: np.random.Generator) -> SpatialParams:
    """Return how the picture lies on the grid."""
    return SpatialParams(
        quarter_turns=int(rng.choice(4, p=TURN_PROBABILITIES)),
        mirrored=False,
        # the line through both lungs leans by 4 degrees (measured, standard deviation), half as much again here
        angle=math.radians(rng.normal(0.0, 6.0)),
        # 0.79 to 1.27 in 95 %; the logarithm of the lungs' size differs by 0.14 between pictures (measured, standard
        # deviation). A fifth: pictures cropped to one lung and whole bodies of small children: chosen
        scale=math.exp(rng.normal(0.0, 0.12)) if rng.random() < 0.8 else rng.uniform(0.7, 1.8),
        # the logarithm of height over width differs by 0.18 between pictures (measured, standard deviation); they bring
        # that along, so this adds less
        stretch=math.exp(rng.normal(0.0, 0.1)),
        # lungs lie off the centre by 0.03 of the side across and 0.05 down (measured, standard deviation)
        shift=(float(rng.normal(0.0, 0.04)), float(rng.normal(0.0, 0.04))),
        elastic=rng.uniform(1.0, 6.0) if rng.random() < 0.3 else 0.0,  # as of slices
        seed=int(rng.integers(2**31)),
    )


def draw_intensity(rng: np.random.Generator) -> IntensityParams:
    """Return how the detector and the viewer make the picture look; how often each comes is chosen.

    What has no reason of its own beside it covers what it covers in slices, see `pleura.training.augment.intensity`.
    """
    return IntensityParams(
        fov_radius=None,  # no reconstruction
        # one to six pixels across at half height: motion, and pictures of a few hundred pixels
        blur=rng.uniform(0.5, 1.6) if rng.random() < 0.2 else 0.0,
        sharpen=rng.uniform(0.3, 1.8) if rng.random() < 0.2 else 0.0,
        downscale=rng.uniform(0.4, 0.9) if rng.random() < 0.15 else 1.0,
        # 0.005 to 0.1 of white; of lung it is 0.005 to 0.022 (measured, 1 % to 99 %), and four times that at a low dose
        noise=math.exp(rng.uniform(math.log(0.005), math.log(0.1))) if rng.random() < 0.3 else 0.0,
        grain=rng.uniform(0.4, 1.5) if rng.random() < 0.5 else 0.0,
        # 0.5 to 2 in 95 %: linear and logarithmic detectors, and screens of gamma 2.2
        gamma=math.exp(rng.normal(0.0, 0.35)) if rng.random() < 0.5 else 1.0,
        clahe_tiles=int(rng.choice([2, 4, 8])) if rng.random() < 0.25 else 0,
        clahe_limit=math.exp(rng.uniform(math.log(1.5), math.log(6.0))),
        grey_levels=int(rng.choice([255, 64, 24])) if rng.random() < 0.2 else 0,
        # black is 0 to 0.32 of white (measured, 1 % to 99 %)
        black_level=rng.uniform(0.0, 0.3) if rng.random() < 0.2 else 0.0,
    )


def apply(params: RadiographParams, image: Tensor, label: Tensor, generator: torch.Generator) -> Tensor:
    """Return the picture (c, h, w) in 0..1 as others would show it; the label stays as it is."""
    if params.opacity:
        image = _with_opacity(params, image, label, generator)
    image = _with_catheters(_with_markers(image, params.markers, generator), params.catheters, generator)
    if params.contrast < 1.0:
        middle = float(torch.rand(1, generator=generator)) * (1.0 - params.contrast)
        image = middle + params.contrast * image
    if params.inverted:
        image = 1.0 - image
    return _with_frame(params, image)


def _with_opacity(params: RadiographParams, image: Tensor, label: Tensor, generator: torch.Generator) -> Tensor:
    lung = (label > 0) & (label < 255) if params.opacity_side == 0 else label == params.opacity_side
    if lung.sum() < 50:
        return image
    # patches a quarter of the side wide, with an edge of 5 pixels, up to the brightness that a fifth of the picture
    # exceeds, which is that of mediastinum and abdomen: chosen
    field = torch.randn(1, 1, 4, 4, generator=generator)
    field = torch.nn.functional.interpolate(field, size=label.shape, mode="bicubic", align_corners=True)[0, 0]
    cut = torch.quantile(field[lung][::4], 1.0 - params.opacity_extent)
    soft = gaussian_blur(((field > cut) & lung).float()[None], 5.0)
    bright = torch.quantile(image.flatten()[::16], 0.8)
    return image + params.opacity * soft * (bright - image)


def _with_markers(image: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Return the picture with strokes of 3 x 2 in boxes of 6 to 18 by 4 to 14 pixels, as letters are (chosen)."""
    side = image.shape[-1]
    for _ in range(count):
        row, column, height, width = torch.rand(4, generator=generator).tolist()
        rows, columns = int(6 + 12 * height), int(4 + 10 * width)
        top, left = int(row * (side - rows)), int(column * (side - columns))
        letter = torch.rand(1, rows // 3 + 1, columns // 2 + 1, generator=generator) > 0.5
        letter = letter.repeat_interleave(3, 1).repeat_interleave(2, 2)[:, :rows, :columns]
        box = image[:, top : top + rows, left : left + columns]
        image = image.clone()
        image[:, top : top + rows, left : left + columns] = torch.where(letter, 1.0, box)
    return image


def _with_catheters(image: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Return the picture with bright bent lines across it.

    They are 0.7 to 2.7 pixels from their middle to a third of their brightness, some 2 to 8 mm wide as tubes and
    catheters are; a fifth to 0.7 as bright as white, bent by up to 30 pixels, three of ten lying across (chosen).
    """
    side = image.shape[-1]
    along = torch.arange(side).view(-1, 1).float()
    across = torch.arange(side).view(1, -1).float()
    for _ in range(count):
        start, slope, bend, width, bright, turned = torch.rand(6, generator=generator).tolist()
        line = start * side + (slope - 0.5) * along + (bend - 0.5) * 60 * torch.sin(along * math.pi / side)
        stripe = torch.exp(-(((across - line) / (0.7 + 2.0 * width)) ** 2)) * (0.2 + 0.5 * bright)
        image = image + (stripe.T if turned < 0.3 else stripe) * (1.0 - image)
    return image


def _with_frame(params: RadiographParams, image: Tensor) -> Tensor:
    width = int(params.frame * image.shape[-1])
    if not width:
        return image
    framed = torch.full_like(image, params.frame_grey)
    framed[:, width:-width, width:-width] = image[:, width:-width, width:-width]
    return framed
