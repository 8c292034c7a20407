"""The trees inside the lungs: arteries and veins that fork until they are thinner than a pixel, and the first airways.

Every fork divides a vessel into two whose radii follow Murray's law (r^3 = r1^3 + r2^3, J Gen Physiol 9:835, 1926),
so each is 2^(-1/3) = 0.79 of its parent. Branches that leave the lung are cut by the mask when they are painted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.phantom.shapes import Point, Tube

_MURRAY = 2.0 ** (-1.0 / 3.0)
"""Radius of each of two equal branches by that of their parent (Murray's law: the cubes of the radii add up)."""
_TARGET_Y, _TARGET_Z = (-70.0, 82.0), (-105.0, 112.0)
"""Millimetres between which vessels end: the lungs of `anatomy.py`, less their outermost centimetres."""


def _fork(direction: NDArray[np.float64], rng: np.random.Generator) -> list[NDArray[np.float64]]:
    """Return two unit directions, on opposite sides of the parent's, one close to it."""
    across = np.cross(direction, rng.standard_normal(3))
    across /= np.linalg.norm(across)
    bends = np.tan(np.radians((rng.uniform(5.0, 18.0), rng.uniform(-45.0, -25.0))))
    children = [direction + bend * across for bend in bends]
    return [child / np.linalg.norm(child) for child in children]


def _grow(
    start: NDArray[np.float64],
    direction: NDArray[np.float64],
    length: float,
    radius: float,
    forks: int,
    rng: np.random.Generator,
) -> list[Tube]:
    end = start + direction * length
    tubes = [Tube(Point(*start.tolist()), Point(*end.tolist()), radius, radius * _MURRAY)]
    if forks:
        for child in _fork(direction, rng):
            tubes += _grow(end, child, length * rng.uniform(0.62, 0.84), radius * _MURRAY, forks - 1, rng)
    return tubes


def tree(hilum: Point, count: int, radius: float, forks: int, rng: np.random.Generator) -> list[Tube]:
    """Return `count` vessels with their branches, fanned out from `hilum` over the lung on its side.

    Parameters
    ----------
    hilum : millimetres; the sign of x gives the side
    radius : millimetres at the hilum
    forks : how many times each vessel divides
    """
    side = float(np.sign(hilum.x))
    start = np.array(hilum, float)
    tubes: list[Tube] = []
    for k in range(count):
        # The golden ratio spreads any number of targets evenly over the height.
        z = _TARGET_Z[0] + (k + 0.5) / count * (_TARGET_Z[1] - _TARGET_Z[0])
        y = _TARGET_Y[0] + (k * 0.618 + rng.uniform(0, 0.2)) % 1.0 * (_TARGET_Y[1] - _TARGET_Y[0])
        target = np.array([side * rng.uniform(75.0, 115.0), y, z])
        reach = target - start
        distance = float(np.linalg.norm(reach))
        tubes += _grow(start, reach / distance, 0.36 * distance, radius, forks, rng)
    return tubes


def airways(vessels: list[Tube]) -> list[Tube]:
    """Return a bronchus beside each large vessel, as arteries and bronchi run in pairs."""
    beside = []
    for vessel in vessels:
        if vessel.radius > 2.2:
            lumen = 0.75 * vessel.radius
            axis = np.subtract(vessel.end, vessel.start)
            across = np.cross(axis, (0.0, 0.0, 1.0))
            shift = across / max(float(np.linalg.norm(across)), 1e-6) * (vessel.radius + lumen + 0.8)
            start, end = np.add(vessel.start, shift), np.add(vessel.end, shift)
            beside.append(Tube(Point(*start.tolist()), Point(*end.tolist()), lumen, lumen * _MURRAY))
    return beside
