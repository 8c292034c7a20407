"""Where the grid lies on a radiograph: over what the picture holds, not over its borders."""

from __future__ import annotations

import numpy as np

from pleura.inference.backends import make_backend
from pleura.inference.bundle import RADIOGRAPH, load_bundle
from pleura.inference.grid import FieldOfView
from pleura.inference.locate import locate_lungs
from pleura.volume import Kind


def test_grid_lies_over_the_picture_without_its_plain_borders() -> None:
    bundle = load_bundle(RADIOGRAPH)
    _, network = make_backend(bundle, backend="auto", device="auto", threads=1)
    noise = np.random.default_rng(0).integers(0, 255, (1, 40, 60)).astype(np.uint8)
    framed = np.pad(noise, ((0, 0), (30, 0), (5, 9)), constant_values=255)
    # the 40 rows from 30 on and the 60 columns from 5 on, in a square of 60
    assert locate_lungs(framed, (1.0, 1.0), Kind.RADIOGRAPH, bundle, network, 1) == FieldOfView(20, 5, 60, 60)
    # rows twice as far apart: 80 mm high and 60 wide
    assert locate_lungs(framed, (2.0, 1.0), Kind.RADIOGRAPH, bundle, network, 1) == FieldOfView(30, -5, 40, 80)
