"""What one training sample suffers from: painters drawn together, in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from recipes.ct.paint.air import Bulla, Emphysema, Pneumothorax
from recipes.ct.paint.aorta import Aorta
from recipes.ct.paint.ball import Ball
from recipes.ct.paint.chest import LEFT, RIGHT, Chest
from recipes.ct.paint.dome import Dome
from recipes.ct.paint.fluid import Effusion
from recipes.ct.paint.opacity import Collapse, Consolidation, Fibrosis, GroundGlass


class Painter(Protocol):
    """Anything that changes a chest and knows the truth."""

    def paint(self, chest: Chest) -> Chest:
        """Return the changed chest."""


WITH_AORTA, ON_THE_LEFT = 0.2, 0.9
"""Share of samples with an aorta painted into a lung's space, since a dozen patients have a dozen aortas, and one that
was not trained on was taken for a mass; and how many of them lie on the left, as nearly all do. Chosen."""

HEALTHY = 0.2
"""Share of samples that stay as they are; where nearly all had disease, healthy tissue was called lung, too."""

BALLS = (2, 4)
"""Fewest and most balls in a chest that has any: they are learnt slowest."""

DOWN = {
    (0.0, 1.0, 0.0): 0.84,
    (0.0, -1.0, 0.0): 0.08,
    (0.0, 0.0, 1.0): 0.03,
    (0.0, 0.0, -1.0): 0.03,
    (-1.0, 0.0, 0.0): 0.02,
}
"""Directions of gravity along (z, y, x), and how often: on the back, prone, on a side, upright. Most chests are
scanned on the back; the others are as frequent as needed to be seen in each pass (chosen)."""


def draw_down(rng: np.random.Generator) -> tuple[float, float, float]:
    """Return a random direction of gravity."""
    return list(DOWN)[int(rng.choice(len(DOWN), p=list(DOWN.values())))]


def _sides(rng: np.random.Generator) -> list[int]:
    """Return one side or both."""
    return [RIGHT, LEFT] if rng.random() < 0.4 else [_side(rng)]


def _side(rng: np.random.Generator) -> int:
    return int(rng.choice([RIGHT, LEFT]))


PAINTERS: list[tuple[float, Callable[[np.random.Generator], list[Painter]]]] = [
    (0.08, lambda rng: [Emphysema.draw(rng)]),
    (0.05, lambda rng: [Bulla.draw(rng, _side(rng))]),
    (0.10, lambda rng: [GroundGlass.draw(rng)]),
    (0.06, lambda rng: [Fibrosis.draw(rng)]),
    (0.68, lambda rng: [Ball.draw(rng, _side(rng)) for _ in range(int(rng.integers(BALLS[0], BALLS[1] + 1)))]),
    (0.22, lambda rng: [Consolidation.draw(rng, _side(rng))]),
    (0.09, lambda rng: [Collapse.draw(rng, _side(rng))]),
    (0.09, lambda rng: [Pneumothorax.draw(rng, _side(rng))]),
    (0.23, lambda rng: [Dome.draw(rng, side) for side in _sides(rng)]),
    (0.22, lambda rng: [Effusion.draw(rng, side) for side in _sides(rng)]),
]
"""How often each disease is painted, and how, in the order in which one covers the other.

Solid lung and what only looks like it, balls, consolidation, domes and fluid, come most, being what the network of
slices mistakes for each other (recipes/ct/README.md); the rest keeps it from taking any change for one of
these. Chosen."""


def draw_mix(rng: np.random.Generator) -> list[Painter]:
    """Return the painters of one sample: an aorta in `WITH_AORTA` of them, and disease but in a share of `HEALTHY`."""
    aorta: list[Painter] = []
    if rng.random() < WITH_AORTA:
        aorta = [Aorta.draw(rng, LEFT if rng.random() < ON_THE_LEFT else RIGHT)]
    if rng.random() < HEALTHY:
        return aorta
    return aorta + [painter for share, draw in PAINTERS if rng.random() < share for painter in draw(rng)]
