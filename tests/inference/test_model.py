"""Probabilities on the model's grid lie on the scan where the grid does."""

from __future__ import annotations

import numpy as np

from pleura.inference.grid import FieldOfView
from pleura.inference.model import GridProbability
from pleura.volume import Volume

FLIPPED = np.diag([-1.0, -1.0, -1.0, 1.0])[[2, 1, 0, 3]]
"""Axes that run to the feet, to the front and to the right."""


def test_probability_lies_where_its_field_of_view_does_and_is_0_around() -> None:
    volume = Volume(np.zeros((2, 8, 10), np.int16), np.eye(4)[[2, 1, 0, 3]])
    values = np.stack([np.full((4, 4), 200, np.uint8), np.full((4, 4), 90, np.uint8)])
    found = GridProbability(values, FieldOfView(2, -1, 4, 4)).on_scan(volume)
    assert (found[0, 2:6, :3] == 200).all()
    assert (found[1, 2:6, :3] == 90).all()
    assert found.sum() == 4 * 3 * (200 + 90)  # the column beyond the slices is cut off


def test_probability_of_a_scan_whose_axes_run_the_other_way_is_turned_with_it() -> None:
    volume = Volume(np.zeros((2, 8, 8), np.int16), FLIPPED)
    values = np.zeros((2, 8, 8), np.uint8)
    values[0, 0, 0] = 255  # axial: lowest slice, front, right
    found = GridProbability(values, FieldOfView(0, 0, 8, 8)).on_scan(volume)
    assert found[1, 7, 7] == 255
    assert found.sum() == 255
