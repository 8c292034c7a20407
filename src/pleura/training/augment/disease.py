"""What training scans show too seldom: consolidation, masses at the wall, effusion, gas in the bowel.

The definition of the label decides what happens to it: consolidation and masses stay inside the lung, effusion
and bowel gas are outside. Images are (3, h, w) in 0..1; brightness is set relative to the lung and soft tissue
of the picture at hand, so that the same code serves HU and pictures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class DiseaseParams:
    """What is painted into one sample; `aeration` is added to the brightness of the lung."""

    lesion: Lesion | None
    mass: Mass | None
    effusion: Effusion | None
    gas: Gas | None
    aeration: float


def draw(rng: np.random.Generator) -> DiseaseParams:
    """Return random parameters.

    How often each disease comes is chosen: half of the slices (1 - 0.75 x 0.85 x 0.92 x 0.88 = 0.48) have one at least.
    """
    return DiseaseParams(
        lesion=draw_lesion(rng) if rng.random() < 0.25 else None,
        mass=draw_mass(rng) if rng.random() < 0.15 else None,
        effusion=draw_effusion(rng) if rng.random() < 0.08 else None,
        gas=draw_gas(rng) if rng.random() < 0.12 else None,
        # 71 HU in the window of 1424; lungs of patients differ by 44 HU (measured, standard deviation), and these
        # samples keep what their patient brings
        aeration=rng.normal(0.0, 0.05) if rng.random() < 0.4 else 0.0,
    )


def apply(
    params: DiseaseParams, image: Tensor, label: Tensor, posterior: Direction, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return image (c, h, w) in 0..1 and label (h, w) with disease; `posterior` points to the back of the patient."""
    lung = (label > 0) & (label < 255)
    if params.aeration:
        image = image + params.aeration * lung
    if (params.lesion or params.mass or params.effusion) and lung.any():
        level = levels(image, lung)
        if params.lesion:
            image = add_lesion(params.lesion, image, lung, level, posterior, generator)
        if params.mass:
            image = add_mass(params.mass, image, lung, level, generator)
        if params.effusion:
            image, label = add_effusion(params.effusion, image, label, level, posterior)
    if params.gas:
        image = add_gas(params.gas, image, lung, generator)
    return image, label


Direction = tuple[float, float]
"""Rows and columns of a unit vector."""


@dataclass(frozen=True)
class Levels:
    """Median brightness of the lung and of the tissue around it."""

    lung: float
    tissue: float


def levels(image: Tensor, lung: Tensor) -> Levels:
    """Measure `Levels` on the middle slice; `lung` is (h, w) bool and not empty."""
    middle, lung = image[len(image) // 2, ::2, ::2], lung[::2, ::2]
    if not lung.any():
        return Levels(0.15, 0.7)  # -810 and -27 HU in the window of prediction
    inside = float(middle[lung].median())
    # a tenth of the window, 142 HU, parts air and lung from tissue, which is half a window, 712 HU, above lung
    outside = middle[~lung & (middle > inside + 0.1)]
    return Levels(inside, float(outside.median()) if outside.numel() else min(inside + 0.5, 1.0))


@dataclass(frozen=True)
class Lesion:
    """Consolidation or ground glass over a part of the lung.

    `extent` is the part of its area, `density` goes from 0, lung, to 1, tissue; `grain` is the number of bumps along a
    side, `edge` the steepness of its border, `dependent` how much it prefers the back.
    """

    extent: float
    density: float
    grain: int
    edge: float
    dependent: float


def draw_lesion(rng: np.random.Generator) -> Lesion:
    """Return a random lesion; half are dense, and some hide nearly a whole lung."""
    dense = rng.random() < 0.5
    return Lesion(
        # mostly up to half of the lung; up to 95 % because a nearly white lung is still lung by the definition
        extent=rng.uniform(0.03, 0.5) if rng.random() < 0.85 else rng.uniform(0.5, 0.95),
        # ground glass lets vessels be seen, so it stays well below tissue; consolidation reaches it, and with contrast
        # medium 5 % beyond
        density=rng.uniform(0.75, 1.05) if dense else rng.uniform(0.2, 0.75),
        # bumps 256 / 4 = 64 to 256 / 24 = 11 pixels apart: 90 mm, a lobe, to 15 mm, a secondary lobule
        grain=int(rng.choice([4, 6, 9, 14, 24])),
        # chosen: from a haze without a border to one within a pixel or two, as at a fissure
        edge=math.exp(rng.uniform(math.log(2.0), math.log(25.0))),
        # chosen: from none to one that outweighs the random field, whose standard deviation is 1
        dependent=rng.uniform(0.0, 2.5),
    )


def add_lesion(
    lesion: Lesion,
    image: Tensor,
    lung: Tensor,
    level: Levels,
    posterior: Direction,
    generator: torch.Generator,
) -> Tensor:
    """Return the image with the lesion; the label stays as it is."""
    height, width = lung.shape
    field = torch.randn(1, 1, lesion.grain, lesion.grain, generator=generator)
    field = functional.interpolate(field, size=(height, width), mode="bicubic", align_corners=True)[0, 0]
    field = field + lesion.dependent * _depth(height, width, posterior)
    cut = torch.quantile(field[lung][::4], 1.0 - lesion.extent)
    share = torch.sigmoid((field - cut) * lesion.edge) * lung
    target = level.lung + lesion.density * (level.tissue - level.lung)
    return image + share * (torch.maximum(target + 0.5 * _grain(image), image) - image)


@dataclass(frozen=True)
class Mass:
    """A round mass in the lung, of `radius` pixels; `at_wall` puts its centre on the lung's border."""

    radius: float
    at_wall: bool
    density: float


def draw_mass(rng: np.random.Generator) -> Mass:
    """Return a random mass."""
    # 3 to 28 pixels are 8 to 78 mm across: from the smallest nodules that matter to tumours of stage T4, above 70 mm
    radius = math.exp(rng.uniform(math.log(3.0), math.log(28.0)))
    # chosen: most at the wall, where a mass looks like the wall itself; solid, a little below or above muscle
    return Mass(radius, at_wall=bool(rng.random() < 0.7), density=rng.uniform(0.8, 1.05))


def add_mass(mass: Mass, image: Tensor, lung: Tensor, level: Levels, generator: torch.Generator) -> Tensor:
    """Return the image with the mass, kept inside the lung; the label stays as it is."""
    centres = lung & ~_shrink(lung, 1) if mass.at_wall else lung
    row, column = _pick(centres, generator)
    height, width = lung.shape
    ys, xs = torch.arange(height).view(-1, 1) - row, torch.arange(width).view(1, -1) - column
    # three bumps of a fifth of the radius, turned by the row: chosen, so that no mass is a disc
    bumps = 1.0 + 0.2 * torch.sin(torch.atan2(ys.float(), xs.float()) * 3.0 + row)
    distance = torch.sqrt((ys**2 + xs**2).float()) / (mass.radius * bumps)
    share = torch.sigmoid((1.0 - distance) * mass.radius) * lung
    target = level.lung + mass.density * (level.tissue - level.lung)
    return image + share * (target + _grain(image) - image)


@dataclass(frozen=True)
class Effusion:
    """Fluid behind the lung: `depth` is the part of the lung's height that it takes, `side` 1 or 2, 0 for both."""

    depth: float
    side: int
    curve: float


def draw_effusion(rng: np.random.Generator) -> Effusion:
    """Return a random effusion: 6 % of a lung's height, some 10 mm, to half; flat or risen by the wall (chosen)."""
    return Effusion(depth=rng.uniform(0.06, 0.5), side=int(rng.integers(3)), curve=rng.uniform(0.0, 0.5))


def add_effusion(
    effusion: Effusion, image: Tensor, label: Tensor, level: Levels, posterior: Direction
) -> tuple[Tensor, Tensor]:
    """Return image and label with fluid in the dependent part of the pleural space; fluid is not lung."""
    height, width = label.shape
    depth = _depth(height, width, posterior)
    across = _depth(height, width, (-posterior[1], posterior[0]))
    for side in (1, 2):
        lung = label == side
        if effusion.side not in (0, side) or lung.sum() < 100:  # 2 cm2: a tip has no dependent part
            continue
        level_line = depth + effusion.curve * (across - across[lung].median()) ** 2
        deep, shallow = level_line[lung].max(), level_line[lung].min()
        fluid = lung & (level_line > deep - effusion.depth * (deep - shallow))
        # water, 0 HU, is 28 HU (0.02 of the window) below muscle
        image = torch.where(fluid, level.tissue - 0.02 + _grain(image), image)
        label = torch.where(fluid, 0, label)
    return image, label


@dataclass(frozen=True)
class Gas:
    """Gas-filled bowel or stomach: some ellipses with thin walls; `filled` is the part below a fluid level."""

    count: int
    radius: float
    ratio: float
    filled: float


def draw_gas(rng: np.random.Generator) -> Gas:
    """Return random gas."""
    # 4 to 32 pixels are 11 to 90 mm across, each loop half to one and a half times that: from bowel to stomach
    radius = math.exp(rng.uniform(math.log(4.0), math.log(32.0)))
    filled = rng.uniform(0.2, 0.7) if rng.random() < 0.3 else 0.0  # a fluid level in three of ten: chosen
    # one to three loops, round to two and a half times as long as wide: chosen
    return Gas(count=int(rng.integers(1, 4)), radius=radius, ratio=rng.uniform(0.4, 1.0), filled=filled)


def add_gas(gas: Gas, image: Tensor, lung: Tensor, generator: torch.Generator) -> Tensor:
    """Return the image with gas in soft tissue, nowhere within three pixels of the lung: 4 mm of diaphragm and wall."""
    outside = ~_grow(lung, 3)
    tissue = outside & (image[len(image) // 2] > 0.55)  # above -241 HU, so that fat counts and lung does not
    if tissue.sum() < 200:  # 4 cm2
        return image
    height, width = lung.shape
    for _ in range(gas.count):
        row, column = _pick(tissue, generator)
        angle, size = torch.rand(2, generator=generator).tolist()
        ys, xs = torch.arange(height).view(-1, 1) - row, torch.arange(width).view(1, -1) - column
        angle *= math.pi
        along, aside = xs * math.cos(angle) + ys * math.sin(angle), ys * math.cos(angle) - xs * math.sin(angle)
        radius = gas.radius * (0.5 + size)
        inside = (along / radius) ** 2 + (aside / (radius * gas.ratio)) ** 2 < 1.0
        # two pixels, 3 mm, of wall stay towards the air around the body
        inside &= outside & _shrink(image[len(image) // 2] > 0.3, 2) & (ys < radius * (1.0 - 2.0 * gas.filled))
        # air, -996 HU at 0.02, with a trace of the tissue's own noise around its 0.7
        image = torch.where(inside, 0.02 + 0.15 * (image - 0.7), image)
    return image


def _grain(image: Tensor) -> Tensor:
    """Return the finest detail of the image, mostly its noise, so that what is painted looks scanned.

    A tenth of the window, 142 HU, is more than noise and less than the edge of a vessel, which must not show through.
    """
    wide = functional.avg_pool2d(image[None], 3, 1, 1)[0]
    return (image - wide).clamp(-0.1, 0.1)


def _depth(height: int, width: int, posterior: Direction) -> Tensor:
    """Return (h, w): how far each pixel lies in the direction `posterior`, about -1 to 1."""
    ys = torch.linspace(-1.0, 1.0, height).view(-1, 1)
    xs = torch.linspace(-1.0, 1.0, width).view(1, -1)
    return ys * posterior[0] + xs * posterior[1]


def _pick(mask: Tensor, generator: torch.Generator) -> tuple[int, int]:
    candidates = mask.nonzero()
    row, column = candidates[int(torch.randint(len(candidates), (1,), generator=generator))].tolist()
    return row, column


def _grow(mask: Tensor, pixels: int) -> Tensor:
    return functional.max_pool2d(mask[None, None].float(), 2 * pixels + 1, 1, pixels)[0, 0] > 0.5


def _shrink(mask: Tensor, pixels: int) -> Tensor:
    return ~_grow(~mask, pixels)
