"""The trees of the lungs fork by Murray's law, on their own side."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.phantom.shapes import Point
from pleura.phantom.vessels import airways, tree


def test_fork_keeps_the_sum_of_cubes_of_the_radii() -> None:
    tubes = tree(Point(-30, 0, 0), 1, 4.0, 2, np.random.default_rng(0))
    assert len(tubes) == 1 + 2 + 4
    for tube in tubes:
        children = [other for other in tubes if other.start == tube.end]
        assert sum(child.radius**3 for child in children) in (0, pytest.approx(tube.radius**3))


@pytest.mark.parametrize("side", [-1, 1])
def test_vessels_run_to_the_side_of_their_hilum(side: int) -> None:
    tubes = tree(Point(side * 30.0, 0, 0), 6, 4.0, 0, np.random.default_rng(1))
    assert all(side * (tube.end.x - tube.start.x) > 0 for tube in tubes)


def test_bronchi_run_beside_large_vessels_without_touching_them() -> None:
    vessels = tree(Point(-30, 0, 0), 2, 4.0, 4, np.random.default_rng(2))
    bronchi = airways(vessels)
    assert len(bronchi) == sum(vessel.radius > 2.2 for vessel in vessels) > 0
    for bronchus in bronchi:
        vessel = min(vessels, key=lambda tube: float(np.linalg.norm(np.subtract(tube.start, bronchus.start))))
        gap = float(np.linalg.norm(np.subtract(bronchus.start, vessel.start))) - vessel.radius - bronchus.radius
        assert gap == pytest.approx(0.8, abs=0.01)
