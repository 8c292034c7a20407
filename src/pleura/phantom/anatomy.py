"""What is in the chest and where: one table of shapes in millimetres, in the order in which they are laid down.

The middle of the coordinates is the middle of the chest; x runs to the left, y to the back, z to the head. Sizes are
those of an average adult at full inspiration, read off ordinary chest scans; CT numbers are those of a scan with
contrast medium. The body and the rib cage are ovals whose half-axes change with height, given as rows of `OUTLINE`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pleura.phantom.shapes import AxialSlice, Distance, Ellipsoid, Point, Tube, superellipse

AIR, LUMEN, FAT, MUSCLE, BLOOD, MARROW, CORTEX = -1000.0, -985.0, -100.0, 55.0, 190.0, 180.0, 620.0
"""HU. Blood is that of a scan with contrast; air in a windpipe reads a little above that around the patient."""

OUTLINE = np.array(
    [  # z, body: middle y, half-width, half-depth; rib cage inside: middle y, half-width, half-depth
        (-170, 3, 160, 114, 5, 126, 90),
        (-110, 3, 166, 116, 5, 132, 95),
        (-50, 3, 167, 116, 5, 132, 94),
        (0, 3, 168, 114, 5, 126, 90),
        (45, 6, 170, 106, 6, 116, 84),
        (80, 10, 170, 96, 8, 98, 76),
        (105, 14, 164, 86, 18, 74, 56),
        (120, 16, 158, 80, 27, 50, 37),
        (131, 17, 152, 78, 33, 24, 18),
        (170, 18, 140, 74, 34, 3, 3),
    ]
)


def outline(z: float) -> tuple[list[float], list[float]]:
    """Return (middle y, half-width, half-depth) of the body and of the rib cage at the height `z`."""
    row = [float(np.interp(z, OUTLINE[:, 0], column)) for column in OUTLINE.T[1:]]
    return row[:3], row[3:]


def body(plane: AxialSlice) -> Distance:
    """Return the distance from the skin."""
    (y, a, b), _ = outline(plane.z)
    return superellipse(plane, y, a, b, 2.3)


def cavity(plane: AxialSlice) -> Distance:
    """Return the distance from the inner face of the rib cage; above the apices nothing is inside."""
    _, (y, a, b) = outline(plane.z)
    return superellipse(plane, y, a, b, 2.3) + max(0.0, plane.z - 129.0)


def spine_y(z: float) -> float:
    """Return how far back the middle of the vertebral bodies lies: the thoracic spine is bent to the back."""
    return 58.0 - 0.0005 * z * z


def diaphragm(plane: AxialSlice, tops: tuple[float, float]) -> Distance:
    """Return the height of the diaphragm over the plane: positive below it; `tops` are the right and left dome."""
    left = 1.0 / (1.0 + np.exp(-plane.x / 8.0))
    heights = []
    for top, x in zip(tops, (-64.0, 66.0), strict=True):
        outwards = (plane.x - x) * math.copysign(1.0, x)
        # Steep towards the ribs and the back, where the recesses are; flat towards the heart and the front.
        across = outwards / np.where(outwards > 0, np.float32(62), np.float32(150))
        along = (plane.y + 10.0) / np.where(plane.y > -10.0, np.float32(97), np.float32(125))
        heights.append(top - 62.0 * (across**2 + along**2))
    height: Distance = heights[0] + left * (heights[1] - heights[0]) - plane.z
    return height


def both_sides(shape: Ellipsoid) -> tuple[Ellipsoid, Ellipsoid]:
    """Return a shape of the left side and its mirror image."""
    x, y, z = shape.centre
    return shape, Ellipsoid(Point(-x, y, z), shape.radii, -shape.degrees)


@dataclass(frozen=True)
class Organ:
    """Shapes of one tissue, with its CT number and the thickness and CT number of a wall around it."""

    shapes: tuple[Ellipsoid | Tube, ...]
    hu: float
    wall: float = 0.0
    wall_hu: float = MUSCLE


def pipe(radius: float, *points: tuple[float, float, float], end_radius: float | None = None) -> tuple[Tube, ...]:
    """Return tubes from point to point; the radius goes evenly from `radius` to `end_radius`."""
    radii = np.linspace(radius, radius if end_radius is None else end_radius, len(points)).tolist()
    ends = [Point(*point) for point in points]
    return tuple(Tube(*pair) for pair in zip(ends, ends[1:], radii, radii[1:], strict=False))


MUSCLES: tuple[Ellipsoid, ...] = (
    *both_sides(Ellipsoid(Point(68, -88, 45), Point(62, 11, 48), 14)),
    *both_sides(Ellipsoid(Point(27, 100, 0), Point(23, 13, 400))),
    *both_sides(Ellipsoid(Point(96, 78, 62), Point(56, 15, 72), -33)),
    *both_sides(Ellipsoid(Point(104, 20, 138), Point(60, 50, 52))),
    Ellipsoid(Point(0, 25, 160), Point(80, 55, 60)),
)

BONES: tuple[Ellipsoid | Tube, ...] = (
    *both_sides(Ellipsoid(Point(96, 79, 62), Point(40, 4.5, 58), -33)),
    *both_sides(Ellipsoid(Point(138, 20, 142), Point(22, 22, 24))),
    *pipe(7, (20, -62, 90), (62, -56, 104), (112, -22, 116)),
    *pipe(7, (-20, -62, 90), (-62, -56, 104), (-112, -22, 116)),
)

TRACHEA = Organ(
    (
        *pipe(9, (0, 2, 175), (1, 16, 42)),
        *pipe(7.5, (1, 16, 42), (-20, 18, 27), (-42, 17, 10), end_radius=6),
        *pipe(7, (1, 16, 42), (24, 20, 22), (48, 21, 6), end_radius=5.5),
    ),
    LUMEN,
    wall=2.0,
)
"""Trachea and main bronchi: air, but not lung."""

MEDIASTINUM: tuple[Organ, ...] = (
    Organ((*pipe(8, (4, 32, 175), (6, 32, 20), (10, 30, -110)),), 40.0),  # oesophagus
    Organ((Ellipsoid(Point(22, -28, -45), Point(62, 44, 50), -30),), 95.0),  # heart muscle
    Organ(
        (
            Ellipsoid(Point(44, -36, -50), Point(30, 17, 30), -35),
            Ellipsoid(Point(6, -54, -50), Point(30, 13, 28), -20),
            Ellipsoid(Point(10, 4, -24), Point(32, 16, 20)),
            Ellipsoid(Point(-20, -24, -38), Point(15, 22, 28)),
        ),
        BLOOD,
    ),  # chambers
    Organ((*pipe(9, (-26, -18, 85), (-29, -12, -10)), *pipe(11, (-16, 0, -60), (-18, 14, -175))), 150.0),  # venae cavae
    Organ((*pipe(7, (34, -30, 104), (-26, -18, 84)), *pipe(7, (-36, -20, 118), (-26, -18, 84))), 140.0),
    Organ(
        (
            *pipe(14, (12, -42, -12), (18, -16, 22)),
            *pipe(11, (18, -16, 22), (48, 12, 22), end_radius=8),
            *pipe(11, (18, -14, 20), (-20, 0, 14), (-46, 4, 8), end_radius=7),
            *pipe(7, (-46, 10, -14), (-14, 8, -24)),
            *pipe(7, (48, 14, -14), (26, 8, -24)),
        ),
        BLOOD + 20,
    ),  # pulmonary trunk, arteries and veins
    Organ(
        (
            *pipe(16, (-4, -26, -18), (-16, -30, 34), (-10, -18, 56)),
            *pipe(14, (-10, -18, 56), (12, 10, 58), (24, 34, 44), (22, 38, -60), (8, 36, -175), end_radius=11),
            *pipe(5.5, (-6, -12, 60), (-16, -6, 130)),
            *pipe(4, (4, 0, 60), (14, -2, 130)),
            *pipe(4.5, (14, 14, 58), (32, 12, 118)),
        ),
        BLOOD,
    ),  # aorta and the arteries of the arch
    TRACHEA,
)

FILLING: tuple[Ellipsoid, ...] = (
    Ellipsoid(Point(0, -2, 112), Point(24, 44, 78)),
    Ellipsoid(Point(0, 0, 40), Point(20, 60, 70)),
    Ellipsoid(Point(6, -14, -86), Point(46, 52, 52)),
    Ellipsoid(Point(0, -84, 0), Point(26, 18, 120)),
    Ellipsoid(Point(0, 0, 0), Point(3, 400, 400)),
)
"""Fat between the organs of the mediastinum, which keeps the lungs apart."""

LIVER = Organ((Ellipsoid(Point(-58, -6, -128), Point(98, 90, 84)),), 105.0)
ABDOMEN: tuple[Organ, ...] = (
    Organ((Ellipsoid(Point(58, -22, -128), Point(44, 46, 46)),), 35.0, wall=4.0),  # stomach
    Organ((Ellipsoid(Point(90, 44, -124), Point(28, 38, 44), -25),), 120.0),  # spleen
    Organ((Ellipsoid(Point(100, -34, -142), Point(18, 24, 26)),), -990.0, wall=3.0),  # gas in the splenic flexure
    Organ((Ellipsoid(Point(20, -58, -158), Point(34, 18, 16)),), -990.0, wall=3.0),  # gas in the transverse colon
    Organ((*both_sides(Ellipsoid(Point(54, 50, -172), Point(26, 24, 30))),), 150.0),  # kidneys
)
STOMACH_LEVEL = -34.0
"""In the supine patient gas lies before (y below) this level and fluid behind it."""

HILA = (Point(-46, 8, 8), Point(48, 16, 8))
"""Where vessels and airways enter the right and the left lung."""
