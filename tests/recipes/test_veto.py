"""The veto of the coarse look: in thick solid tissue alone, and for the sides everywhere."""

from __future__ import annotations

import numpy as np

from recipes.ct.veto import thick_tissue, veto

SOLID = 148.0
PIXEL = (2.0, 2.0)


def chest() -> np.ndarray:
    """Lung of 64 x 64 pixels with a solid square of 40 mm and a vessel 4 mm wide."""
    planes = np.full((3, 64, 64), 30, np.uint8)
    planes[:, 10:30, 10:30] = 180
    planes[:, 40:42, 5:60] = 180
    return planes


def test_a_vessel_is_not_thick_and_a_mass_is() -> None:
    thick = thick_tissue(chest(), SOLID, PIXEL)
    assert thick[:, 12:28, 12:28].all()
    assert not thick[:, 38:44].any()
    assert not thick[:, :8].any()


def test_thick_tissue_is_lung_only_where_both_say_so() -> None:
    thick = thick_tissue(chest(), SOLID, PIXEL)
    lung, coarse = np.full(thick.shape, 250, np.uint8), np.full(thick.shape, 20, np.uint8)
    coarse[:, 10:30, 10:20] = 240
    side = np.full((3, 32, 32), 200, np.uint8)
    found, _ = veto(lung, side, thick, coarse, side)
    assert (found[:, 12:28, 12:20] == 240).all()
    assert (found[:, 12:28, 20:28] == 20).all()
    assert (found[:, 38:44] == 250).all()
    assert (found[:, 50:] == 250).all()


def test_a_veto_adds_nothing() -> None:
    thick = thick_tissue(chest(), SOLID, PIXEL)
    lung, coarse = np.zeros(thick.shape, np.uint8), np.full(thick.shape, 255, np.uint8)
    side = np.zeros((3, 32, 32), np.uint8)
    found, _ = veto(lung, side, thick, coarse, side)
    assert not found.any()


def test_the_coarse_look_has_the_say_about_sides() -> None:
    thick = thick_tissue(chest(), SOLID, PIXEL)
    lung = np.zeros(thick.shape, np.uint8)
    left, right = np.full((3, 32, 32), 228, np.uint8), np.full((3, 32, 32), 28, np.uint8)
    _, side = veto(lung, left, thick, lung, right)
    assert (side == 98).all()  # 0.35 * 228 + 0.65 * 28
