"""The table of shapes is that of one chest: each thing inside of what holds it."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.phantom import anatomy
from pleura.phantom.shapes import AxialSlice


def plane(z: float) -> AxialSlice:
    x, y = np.arange(-200.0, 201.0, 4.0, dtype=np.float32)[None, :], np.arange(-160.0, 161.0, 4.0, dtype=np.float32)
    return AxialSlice(x, y[:, None], z)


@pytest.mark.parametrize("z", range(-160, 161, 40))
def test_rib_cage_lies_inside_the_body(z: int) -> None:
    cavity = anatomy.cavity(plane(z)) < 0
    assert (anatomy.body(plane(z))[cavity] < 0).all()


def test_outline_between_two_rows_is_in_between() -> None:
    (middle, width, depth), _ = anatomy.outline(-140.0)  # half way from -170 to -110
    assert (middle, width, depth) == (3, 163, 115)


def test_nothing_is_inside_the_rib_cage_above_the_apices() -> None:
    assert (anatomy.cavity(plane(100.0)) < 0).any()
    assert not (anatomy.cavity(plane(150.0)) < 0).any()


def test_right_dome_of_the_diaphragm_is_the_higher_one() -> None:
    height = anatomy.diaphragm(plane(-60.0), (-58.0, -76.0))
    right, left = height[:, :45].max(), height[:, -45:].max()
    assert right > left


def test_each_dome_of_the_diaphragm_is_highest_in_the_middle_of_its_side() -> None:
    height = anatomy.diaphragm(plane(-60.0), (-58.0, -76.0)).max(axis=0)
    x = np.arange(-200.0, 201.0, 4.0)
    assert x[:50][height[:50].argmax()] == pytest.approx(-64.0, abs=8.0)
    assert x[-50:][height[-50:].argmax()] == pytest.approx(66.0, abs=8.0)
