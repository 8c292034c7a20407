"""What sets radiographs apart from each other: turned and inverted pictures, exposure, opacities, letters and tubes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pleura.training.appearance import Look, smooth
from pleura.training.spatial import Place

TURNS = (0.85, 0.05, 0.05, 0.05)
"""Chances of a picture to be turned by 0 to 3 quarters. None is mirrored: the heart would lie on the wrong side."""


@dataclass(frozen=True)
class Film:
    """What befalls one radiograph.

    `inverted` makes bone dark; `veil` is how much of the contrast an opacity takes from the lung `side` (0 for both,
    1 right, 2 left), over the part `extent` of it; `marks` letters and `tubes` lines are drawn anywhere; `frame` is the
    width of a border in parts of the side, `frame_grey` its brightness; `fade` is the contrast of the whole picture.
    """

    inverted: bool
    veil: float
    side: int
    extent: float
    marks: int
    tubes: int
    frame: float
    frame_grey: float
    fade: float


def draw_film(rng: np.random.Generator) -> Film:
    """Return a random fate."""
    return Film(
        inverted=bool(rng.random() < 0.15),
        veil=rng.uniform(0.4, 1.0) if rng.random() < 0.2 else 0.0,
        side=int(rng.integers(3)),
        extent=rng.uniform(0.2, 1.0),
        marks=int(rng.integers(1, 4)) if rng.random() < 0.25 else 0,
        tubes=int(rng.integers(1, 4)) if rng.random() < 0.2 else 0,
        frame=rng.uniform(0.01, 0.12) if rng.random() < 0.12 else 0.0,
        frame_grey=float(rng.choice([0.0, 1.0, rng.random()])),
        fade=rng.uniform(0.3, 0.9) if rng.random() < 0.3 else 1.0,
    )


def draw_place(rng: np.random.Generator) -> Place:
    """Return a random place of the picture on the grid."""
    return Place(
        turn=int(rng.choice(4, p=TURNS)),
        mirrored=False,
        angle=math.radians(rng.normal(0.0, 6.0)),
        scale=math.exp(rng.normal(0.0, 0.12)) if rng.random() < 0.8 else rng.uniform(0.7, 1.8),
        stretch=math.exp(rng.normal(0.0, 0.1)),
        shift=(float(rng.normal(0.0, 0.04)), float(rng.normal(0.0, 0.04))),
        bend=rng.uniform(1.0, 6.0) if rng.random() < 0.3 else 0.0,
        seed=int(rng.integers(2**31)),
    )


def draw_look(rng: np.random.Generator) -> Look:
    """Return how the detector and the viewer make the picture look."""
    return Look(
        view=None,
        blur=rng.uniform(0.5, 1.6) if rng.random() < 0.2 else 0.0,
        sharpen=rng.uniform(0.3, 1.8) if rng.random() < 0.2 else 0.0,
        coarse=rng.uniform(0.4, 0.9) if rng.random() < 0.15 else 1.0,
        noise=math.exp(rng.uniform(math.log(0.005), math.log(0.1))) if rng.random() < 0.3 else 0.0,
        grain=rng.uniform(0.4, 1.5) if rng.random() < 0.5 else 0.0,
        gamma=math.exp(rng.normal(0.0, 0.35)) if rng.random() < 0.5 else 1.0,
        tiles=int(rng.choice([2, 4, 8])) if rng.random() < 0.25 else 0,
        limit=math.exp(rng.uniform(math.log(1.5), math.log(6.0))),
        greys=int(rng.choice([255, 64, 24])) if rng.random() < 0.2 else 0,
        lift=rng.uniform(0.0, 0.3) if rng.random() < 0.2 else 0.0,
    )


def apply_film(film: Film, image: Tensor, label: Tensor, chance: torch.Generator) -> Tensor:
    """Return the picture (c, h, w) in 0..1 after its fate; the label stays as it is."""
    if film.veil:
        image = _veiled(film, image, label, chance)
    image = _with_tubes(_with_marks(image, film.marks, chance), film.tubes, chance)
    if film.fade < 1.0:
        middle = float(torch.rand(1, generator=chance)) * (1.0 - film.fade)
        image = middle + film.fade * image
    if film.inverted:
        image = 1.0 - image
    return _framed(film, image)


def _veiled(film: Film, image: Tensor, label: Tensor, chance: torch.Generator) -> Tensor:
    lung = (label > 0) & (label < 255) if film.side == 0 else label == film.side
    if lung.sum() < 50:
        return image
    field = torch.randn(1, 1, 4, 4, generator=chance)
    field = torch.nn.functional.interpolate(field, size=label.shape, mode="bicubic", align_corners=True)[0, 0]
    cut = torch.quantile(field[lung][::4], 1.0 - film.extent)
    soft = smooth(((field > cut) & lung).float()[None], 5.0)
    bright = torch.quantile(image.flatten()[::16], 0.8)
    return image + film.veil * soft * (bright - image)


def _with_marks(image: Tensor, count: int, chance: torch.Generator) -> Tensor:
    """Return the picture with strokes in small boxes, as letters are."""
    side = image.shape[-1]
    for _ in range(count):
        row, column, height, width = torch.rand(4, generator=chance).tolist()
        rows, columns = int(6 + 12 * height), int(4 + 10 * width)
        top, left = int(row * (side - rows)), int(column * (side - columns))
        letter = torch.rand(1, rows // 3 + 1, columns // 2 + 1, generator=chance) > 0.5
        letter = letter.repeat_interleave(3, 1).repeat_interleave(2, 2)[:, :rows, :columns]
        box = image[:, top : top + rows, left : left + columns]
        image = image.clone()
        image[:, top : top + rows, left : left + columns] = torch.where(letter, 1.0, box)
    return image


def _with_tubes(image: Tensor, count: int, chance: torch.Generator) -> Tensor:
    """Return the picture with bright bent lines across it."""
    side = image.shape[-1]
    along = torch.arange(side).view(-1, 1).float()
    across = torch.arange(side).view(1, -1).float()
    for _ in range(count):
        start, slope, bend, width, bright, turned = torch.rand(6, generator=chance).tolist()
        line = start * side + (slope - 0.5) * along + (bend - 0.5) * 60 * torch.sin(along * math.pi / side)
        stripe = torch.exp(-(((across - line) / (0.7 + 2.0 * width)) ** 2)) * (0.2 + 0.5 * bright)
        image = image + (stripe.T if turned < 0.3 else stripe) * (1.0 - image)
    return image


def _framed(film: Film, image: Tensor) -> Tensor:
    width = int(film.frame * image.shape[-1])
    if not width:
        return image
    framed = torch.full_like(image, film.frame_grey)
    framed[:, width:-width, width:-width] = image[:, width:-width, width:-width]
    return framed
