"""Solid tissue and empty air in a mask, and air that it leaves out, are found where they are."""

from __future__ import annotations

import numpy as np
from drawn_evidence import AIR, evidence, labels

from pleura.quality.content import air_left_out, empty, solid
from pleura.quality.grid import Grid, sampled_grid


def grid_of(mask: np.ndarray, lungs: np.ndarray) -> Grid:
    return sampled_grid(evidence(mask, lungs))


def test_solid_is_what_is_thicker_than_three_pixels() -> None:
    lungs = labels(1)
    lungs[:, 12:17, 6:14] = 0  # 5 rows, of which erosion leaves 3, and 6 of 8 columns
    lungs[:, 10, 26:34] = 0  # a vessel of one row
    found = solid(grid_of(labels(1), lungs))
    assert np.argwhere(found[0]).min(axis=0).tolist() == [13, 7]
    assert np.count_nonzero(found) == 3 * 6


def test_empty_is_air_without_vessels_and_none_of_greys() -> None:
    grid = grid_of(labels(1), labels(1))
    assert not empty(grid).any()
    grid.planes[:, 8:18, 6:14] = AIR
    assert np.count_nonzero(empty(grid)) == 8 * 6  # one pixel within the lung's edge
    greys = sampled_grid(evidence(labels(1), greys=True))
    assert not empty(greys).any()


def test_air_left_out_is_what_lies_inside_the_body() -> None:
    mask = labels(3)
    mask[mask == 2] = 0
    grid = grid_of(mask, labels(3))
    grid.planes[:, :, -2:] = AIR  # air around the body
    found = air_left_out(grid)
    np.testing.assert_array_equal(found, labels(3) == 2)
