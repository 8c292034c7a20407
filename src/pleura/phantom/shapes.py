"""Solid shapes as distances on one axial plane, so that a chest of any size is drawn slice by slice in little memory.

A distance is in millimetres, negative inside and positive outside; near the surface it is close to the Euclidean
one, which is what soft edges and layers of a given thickness need. Where a plane misses a shape it is `FAR`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Distance = NDArray[np.floating]
"""(y, x) millimetres to a surface, negative inside."""

FAR = 1e3
MARGIN = 15.0
"""Millimetres beyond which a tube may call itself `FAR`; no blend of shapes is wider."""


class Point(NamedTuple):
    """Millimetres from the middle of the chest: to the left, to the back, to the head."""

    x: float
    y: float
    z: float


@dataclass(frozen=True)
class AxialSlice:
    """One axial slice: `x` (1, columns) and `y` (rows, 1) in millimetres, at the height `z`."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    z: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.y.shape[0], self.x.shape[1]


@dataclass(frozen=True)
class Ellipsoid:
    """An ellipsoid, turned by `degrees` in the axial plane (positive: its x axis dips to the back on the left)."""

    centre: Point
    radii: Point
    degrees: float = 0.0

    def distance(self, plane: AxialSlice) -> Distance:
        """Return the distance of each pixel, taken along the in-plane section."""
        height = (plane.z - self.centre.z) / self.radii.z
        if abs(height) >= 1.0:
            return np.full(plane.shape, FAR, np.float32)
        section = float(np.sqrt(1.0 - height * height))
        return ellipse(
            plane, self.centre.x, self.centre.y, self.radii.x * section, self.radii.y * section, self.degrees
        )


@dataclass(frozen=True)
class Tube:
    """A round tube with a straight axis and a radius that changes evenly from `start` to `end`."""

    start: Point
    end: Point
    radius: float
    end_radius: float

    def heights(self) -> tuple[float, float]:
        """Return the lowest and the highest z that the tube reaches."""
        reach = max(self.radius, self.end_radius)
        return min(self.start.z, self.end.z) - reach, max(self.start.z, self.end.z) + reach

    def distance(self, plane: AxialSlice) -> Distance:
        """Return the distance of each pixel from the tube's round-ended surface."""
        low, high = self.heights()
        if not low - MARGIN < plane.z < high + MARGIN:
            return np.full(plane.shape, FAR, np.float32)
        ax, ay, az = (end - start for start, end in zip(self.start, self.end, strict=True))
        x, y, z = plane.x - self.start.x, plane.y - self.start.y, plane.z - self.start.z
        along = np.clip((x * ax + (y * ay + z * az)) / max(ax * ax + ay * ay + az * az, 1e-6), 0.0, 1.0)
        squares = (x - along * ax) ** 2 + (y - along * ay) ** 2 + (z - along * az) ** 2
        return np.sqrt(squares) - (self.radius + (self.end_radius - self.radius) * along)

    def window(self, plane: AxialSlice, margin: float) -> tuple[slice, slice]:
        """Return the rows and columns of `plane` that the tube, grown by `margin`, can touch."""
        reach = max(self.radius, self.end_radius) + margin
        low, high = 0.0, 1.0
        rise = self.end.z - self.start.z
        if abs(rise) > 1e-6:
            low, high = sorted((plane.z + side - self.start.z) / rise for side in (-reach, reach))
        parts = np.clip([low, high], 0.0, 1.0)
        xs = self.start.x + parts * (self.end.x - self.start.x)
        ys = self.start.y + parts * (self.end.y - self.start.y)
        rows = np.searchsorted(plane.y[:, 0], [ys.min() - reach, ys.max() + reach])
        columns = np.searchsorted(plane.x[0], [xs.min() - reach, xs.max() + reach])
        return slice(int(rows[0]), int(rows[1])), slice(int(columns[0]), int(columns[1]))


def ellipse(plane: AxialSlice, x: float, y: float, a: float, b: float, degrees: float = 0.0) -> Distance:
    """Return the distance from an ellipse with half-axes `a` (x) and `b` (y), to first order.

    The level function f = |(u/a, v/b)| - 1 is divided by the length of its gradient, which is exact on the surface.
    """
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    dx, dy = plane.x - x, plane.y - y
    u = dx * (cos / a) + dy * (sin / a)
    v = dy * (cos / b) - dx * (sin / b)
    u *= u
    v *= v
    level = np.sqrt(u + v)
    gradient = np.sqrt(u / a**2 + v / b**2) / np.maximum(level, 1e-3)
    distance: Distance = (level - 1.0) / np.maximum(gradient, 1.0 / max(a, b))
    return distance


def superellipse(plane: AxialSlice, y: float, a: float, b: float, power: float) -> Distance:
    """Return a distance from the box-like oval |x/a|^p + |(y - y0)/b|^p = 1, scaled by its mean half-axis."""
    level: Distance = (np.abs(plane.x / a) ** power + np.abs((plane.y - y) / b) ** power) ** (1.0 / power)
    return (level - 1.0) * ((a + b) / 2)


def smooth_max(a: Distance, b: Distance, width: float) -> Distance:
    """Return the intersection of two shapes with their common edge rounded over `width` mm (polynomial blend)."""
    share = np.clip(0.5 + 0.5 * (a - b) / width, 0.0, 1.0)
    blend: Distance = b + share * (a - b) + width * share * (1.0 - share)
    return blend


def smooth_min(a: Distance, b: Distance, width: float) -> Distance:
    """Return the union of two shapes with the crevice between them filled over `width` mm."""
    return -smooth_max(-a, -b, width)


def paint(image: Distance, distance: Distance, value: float | Distance, edge: float) -> None:
    """Lay `value` over `image` (in place) inside a shape, mixed over `edge` mm across its surface (partial volume)."""
    cover = np.clip(0.5 - distance / edge, 0.0, 1.0)
    image += cover * (value - image)
