"""Shapes are distances: negative inside, zero on the surface, close to millimetres outside."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.phantom.shapes import (
    FAR,
    AxialSlice,
    Ellipsoid,
    Point,
    Tube,
    ellipse,
    paint,
    smooth_max,
    smooth_min,
    superellipse,
)


def plane(z: float = 0.0) -> AxialSlice:
    """Return a slice of 41 x 61 pixels of 1 mm around the middle."""
    x, y = np.arange(-30.0, 31.0, dtype=np.float32)[None, :], np.arange(-20.0, 21.0, dtype=np.float32)[:, None]
    return AxialSlice(x, y, z)


def at(distance: np.ndarray, x: int, y: int) -> float:
    return float(distance[y + 20, x + 30])


def test_ball_is_cut_at_its_height() -> None:
    ball = Ellipsoid(Point(0, 0, 0), Point(10, 10, 10))
    assert at(ball.distance(plane()), 10, 0) == pytest.approx(0.0, abs=1e-4)
    assert at(ball.distance(plane()), 15, 0) == pytest.approx(5.0, abs=1e-3)
    assert at(ball.distance(plane(6.0)), 8, 0) == pytest.approx(0.0, abs=1e-3)  # 10² = 6² + 8²
    assert (ball.distance(plane(10.0)) == FAR).all()


def test_turned_ellipse_has_its_long_axis_where_it_was_turned_to() -> None:
    upright = ellipse(plane(), 0, 0, 12, 6, degrees=90)
    assert at(upright, 0, 12) == pytest.approx(0.0, abs=1e-4)
    assert at(upright, 6, 0) == pytest.approx(0.0, abs=1e-4)


def test_superellipse_of_power_2_is_a_circle() -> None:
    circle = superellipse(plane(), 0.0, 10, 10, 2.0)
    assert at(circle, 6, 8) == pytest.approx(0.0, abs=1e-4)
    assert at(circle, 0, 15) == pytest.approx(5.0, abs=1e-4)


def test_tube_has_round_ends_and_a_radius_that_changes_along_it() -> None:
    tube = Tube(Point(-10, 0, 0), Point(10, 0, 0), 4, 2)
    distance = tube.distance(plane())
    assert at(distance, -10, 4) == at(distance, 0, 3) == at(distance, 10, 2) == pytest.approx(0.0, abs=1e-6)
    assert at(distance, 12, 0) == pytest.approx(0.0, abs=1e-6)
    assert tube.heights() == (-4, 4)


def test_window_of_a_tube_holds_all_that_is_inside_it() -> None:
    tube = Tube(Point(-10, 5, -8), Point(12, -3, 8), 4, 2)
    for z in (-9.0, 0.0, 7.0):
        inside = tube.distance(plane(z)) < 0
        outside_window = inside.copy()
        outside_window[tube.window(plane(z), 0.0)] = False
        assert inside.any()
        assert not outside_window.any()


def test_blend_rounds_only_near_the_edge_of_both() -> None:
    a, b = np.array([-5.0, 0.0, 5.0]), np.array([5.0, 0.0, -5.0])
    assert smooth_max(a, b, 4.0).tolist() == [5.0, 1.0, 5.0]  # at the edge a quarter of the width
    assert smooth_min(a, b, 4.0).tolist() == [-5.0, -1.0, -5.0]


def test_paint_mixes_across_the_surface() -> None:
    image = np.zeros(3)
    paint(image, np.array([-1.0, 0.0, 1.0]), 100.0, 2.0)
    assert image.tolist() == [100.0, 50.0, 0.0]
