"""Augmentation: chances are drawn in one place and applied in another.

`draw` turns a random generator into a list of `Change` records; `apply` turns a batch and its records into what
the network sees. The same records give the same pictures, so any sample can be replayed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pleura.training import appearance, disease, film, spatial
from pleura.training.data import Batch
from pleura.volume import Kind

HU_WINDOW = (-1024.0, 400.0)
"""The window in which the shipped network sees HU scans, scaled to 0..1."""

GREYS = (0.0, 255.0)
"""The range of pictures that are not HU."""


@dataclass(frozen=True)
class Change:
    """What happens to one sample; the parts are described where they are applied."""

    place: spatial.Place
    window: tuple[float, float]
    lesion: disease.Lesion | None
    mass: disease.Mass | None
    effusion: disease.Effusion | None
    gas: disease.Gas | None
    density: float
    look: appearance.Look
    seed: int
    film: film.Film | None = None


def draw(
    rng: np.random.Generator,
    batch: Batch,
    strength: float = 1.0,
    window: tuple[float, float] = HU_WINDOW,
    lungs: bool = True,
) -> list[Change]:
    """Return one record a sample of `batch`.

    Parameters
    ----------
    strength : chance of a sample to be changed freely; the others are only moved a little, and 0 changes none
    window : the HU range of prediction
    lungs : whether the labels are lungs, into which disease may be drawn
    """
    if not strength:
        return [_still(spatial.AS_READ, case.kind, window) for case in batch.cases]
    return [
        _draw_one(rng, case.kind, case.source, window, lungs)
        if rng.random() < strength
        else _still(spatial.draw_small(rng), case.kind, window)
        for case in batch.cases
    ]


def _still(place: spatial.Place, kind: Kind, window: tuple[float, float]) -> Change:
    """Return a patient laid as `place` says, and no other change."""
    seen = window if kind is Kind.HU else GREYS
    return Change(place, seen, None, None, None, None, 0.0, appearance.AS_IS, 0)


def _draw_one(rng: np.random.Generator, kind: Kind, source: str, usual: tuple[float, float], lungs: bool) -> Change:
    if kind is Kind.RADIOGRAPH:
        place, look, fate = film.draw_place(rng), film.draw_look(rng), film.draw_film(rng)
        return Change(place, GREYS, None, None, None, None, 0.0, look, int(rng.integers(2**31)), fate)
    window = _draw_window(rng, usual) if kind is Kind.HU else GREYS
    if not lungs:
        look = appearance.draw(rng, window, noisy=False)
        return Change(spatial.draw(rng), window, None, None, None, None, 0.0, look, int(rng.integers(2**31)))
    return Change(
        place=spatial.draw(rng),
        window=window,
        lesion=disease.draw_lesion(rng) if rng.random() < 0.25 else None,
        mass=disease.draw_mass(rng) if rng.random() < 0.15 else None,
        effusion=disease.draw_effusion(rng) if rng.random() < 0.08 else None,
        gas=disease.draw_gas(rng) if rng.random() < 0.12 else None,
        density=rng.normal(0.0, 0.05) if rng.random() < 0.4 else 0.0,
        look=appearance.draw(rng, window, noisy=source == "slices"),
        seed=int(rng.integers(2**31)),
    )


def _draw_window(rng: np.random.Generator, usual: tuple[float, float]) -> tuple[float, float]:
    """Mostly the window of prediction; else that of some picture: lung, wide, bone, now and then soft tissue."""
    chance = rng.random()
    if chance < 0.6:
        return usual
    if chance < 0.97:
        low = rng.uniform(-1400, -850)
        return low, low + math.exp(rng.uniform(math.log(900), math.log(2400)))
    return rng.uniform(-250, -120), rng.uniform(180, 350)


def apply(changes: Sequence[Change], batch: Batch, count: int = 2) -> tuple[Tensor, Tensor]:
    """Return images (n, c, SIDE, SIDE) float32 in 0..1 and labels (n, SIDE, SIDE) int64, on the model's grid.

    `count` is the highest label of the data set.
    """
    images = torch.from_numpy(batch.images)
    low = torch.tensor([change.window[0] for change in changes]).view(-1, 1, 1, 1)
    high = torch.tensor([change.window[1] for change in changes]).view(-1, 1, 1, 1)
    images = ((images - low) / (high - low)).clamp_(0.0, 1.0)
    fovs = [case.fov for case in batch.cases]
    images, labels = spatial.apply(
        [change.place for change in changes], fovs, images, torch.from_numpy(batch.labels), count
    )
    for index, change in enumerate(changes):
        chance = torch.Generator().manual_seed(change.seed)
        images[index], labels[index] = _apply_one(change, images[index], labels[index], chance)
    return images.clamp_(0.0, 1.0), labels


def _apply_one(change: Change, image: Tensor, label: Tensor, chance: torch.Generator) -> tuple[Tensor, Tensor]:
    if change.film:
        return appearance.apply(change.look, film.apply_film(change.film, image, label, chance), chance), label
    down = spatial.down(change.place)
    lung = (label > 0) & (label < 255)
    if change.density:
        image = image + change.density * lung
    if (change.lesion or change.mass or change.effusion) and lung.any():
        levels = disease.levels(image, lung)
        if change.lesion:
            image = disease.add_lesion(change.lesion, image, lung, levels, down, chance)
        if change.mass:
            image = disease.add_mass(change.mass, image, lung, levels, chance)
        if change.effusion:
            image, label = disease.add_effusion(change.effusion, image, label, levels, down)
    if change.gas:
        image = disease.add_gas(change.gas, image, lung, chance)
    image, label = appearance.crop_view(change.look, image, label)
    return appearance.apply(change.look, image, chance), label
