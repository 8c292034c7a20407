"""Painted disease: what is lung stays lung, what is not becomes background, and the same seed paints the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from recipes.ct.paint.air import Bulla, Emphysema, Pneumothorax
from recipes.ct.paint.aorta import Aorta
from recipes.ct.paint.ball import PLACES, Ball
from recipes.ct.paint.chest import LEFT, RIGHT, Chest
from recipes.ct.paint.dome import Dome
from recipes.ct.paint.fluid import Effusion
from recipes.ct.paint.mix import Painter, draw_mix
from recipes.ct.paint.opacity import Collapse, Consolidation, Fibrosis, GroundGlass


@pytest.fixture
def chest() -> Chest:
    """Two boxes of lung, 96 x 80 x 48 mm, in soft tissue, on a grid of 4 mm with slices 6 mm apart."""
    hu = torch.full((20, 30, 40), 40.0)
    labels = torch.zeros(hu.shape, dtype=torch.uint8)
    for side, columns in ((RIGHT, slice(6, 18)), (LEFT, slice(22, 34))):
        labels[2:18, 5:25, columns] = side
    hu[labels > 0] = -850.0
    return Chest(hu, labels, torch.zeros(hu.shape, dtype=torch.bool), (6.0, 4.0, 4.0))


STAY = {
    "ball": lambda rng: Ball.draw(rng, RIGHT),
    "consolidation": lambda rng: Consolidation.draw(rng, RIGHT),
    "collapse": lambda rng: Collapse.draw(rng, LEFT),
    "ground glass": GroundGlass.draw,
    "fibrosis": Fibrosis.draw,
    "emphysema": Emphysema.draw,
    "bulla": lambda rng: Bulla.draw(rng, LEFT),
}


@pytest.mark.parametrize("disease", STAY)
def test_disease_of_the_lung_changes_the_scan_and_not_its_labels(disease: str, chest: Chest) -> None:
    after = STAY[disease](np.random.default_rng(1)).paint(chest)
    assert torch.equal(after.labels, chest.labels)
    assert not torch.equal(after.hu, chest.hu)
    tissue = (chest.labels == 0) & (chest.hu > 0)
    assert torch.equal(after.hu[tissue], chest.hu[tissue])


@pytest.mark.parametrize("place", PLACES)
def test_a_ball_is_solid_and_of_its_size_wherever_it_lies(place: str, chest: Chest) -> None:
    after = Ball(RIGHT, place, radius=14.0, density=50.0, bumps=0.0, seed=3).paint(chest)
    solid = (after.hu > -400) & (chest.labels == RIGHT)
    whole = 4 / 3 * np.pi * 14.0**3  # mm3; at a wall a half of it or less lies in the lung
    assert 0.15 * whole < float(solid.sum()) * 96 < 1.3 * whole
    assert not ((after.hu != chest.hu) & (chest.labels == LEFT)).any()


LEAVE: dict[str, Callable[[np.random.Generator], Painter]] = {
    "effusion": lambda _: Effusion(LEFT, 0.3, density=10, tilt=0.3, meniscus=5, pressed=0, seed=1),
    "dome": lambda _: Dome(LEFT, height=40, width=60, hills=1, density=60, seed=1),
    "pneumothorax": lambda _: Pneumothorax(LEFT, size=0.6, sink=0.0, seed=1),
    "aorta": lambda _: Aorta(LEFT, 20.0, inward=0.5, behind=0.7, top=0.8, winding=4.0, density=60, seed=1),
}


@pytest.mark.parametrize("disease", LEAVE)
def test_what_is_not_lung_becomes_background_on_its_side_alone(disease: str, chest: Chest) -> None:
    after = LEAVE[disease](np.random.default_rng(1)).paint(chest)
    lost = (chest.labels == LEFT) & (after.labels == 0)
    assert 0.05 < float(lost.sum() / (chest.labels == LEFT).sum()) < 0.95
    assert torch.equal(after.labels == RIGHT, chest.labels == RIGHT)
    air = disease == "pneumothorax"
    assert float(after.hu[lost].median()) == pytest.approx(-995 if air else 10 if disease == "effusion" else 60, abs=25)


def test_fluid_gathers_where_gravity_pulls(chest: Chest) -> None:
    fluid = Effusion(RIGHT, 0.3, density=10, tilt=0.0, meniscus=0, pressed=0, seed=1)
    for down, axis, low in (((0.0, 1.0, 0.0), 1, False), ((0.0, -1.0, 0.0), 1, True)):
        after = fluid.paint(Chest(chest.hu, chest.labels, chest.painted, chest.spacing, down))
        lost = ((chest.labels == RIGHT) & (after.labels == 0)).nonzero()[:, axis].float().mean()
        assert (lost < 15) == low  # the lung's rows run from 5 to 25


def test_a_side_full_of_fluid_has_no_lung_left(chest: Chest) -> None:
    after = Effusion(RIGHT, 1.0, density=10, tilt=0.0, meniscus=0, pressed=0, seed=1).paint(chest)
    assert not (after.labels == RIGHT).any()
    assert torch.equal(after.labels == LEFT, chest.labels == LEFT)


def test_the_same_seed_draws_and_paints_the_same(chest: Chest) -> None:
    once, again = (
        [painter.paint(chest).hu for seed in range(12) for painter in draw_mix(np.random.default_rng(seed))]
        for _ in range(2)
    )
    assert once
    assert all(torch.equal(one, other) for one, other in zip(once, again, strict=True))


def test_partly_filled_voxels_around_a_lung_do_not_give_its_border_away(chest: Chest) -> None:
    hu = chest.hu.clone()
    hu[2:18, 25, 6:18] = -400.0  # a row half of air, behind the lung, labelled background
    solid = Effusion(RIGHT, 1.0, density=10, tilt=0.0, meniscus=0, pressed=0, seed=1)
    after = solid.paint(Chest(hu, chest.labels, chest.painted, chest.spacing))
    assert float(after.hu[3:17, 25, 7:17].max()) > -30
    assert float(after.hu[3:17, 25, 7:17].min()) > -60
