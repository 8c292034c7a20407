"""Scans are shown by the window that suits their values."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.geometry import affine_from_spacing
from pleura.rendering import display_window, to_grey
from pleura.volume import Kind, Volume

AFFINE = affine_from_spacing((1.0, 1.0, 1.0))


def test_scan_in_hu_is_shown_in_the_lung_window() -> None:
    assert display_window(Volume(np.zeros((2, 4, 4), np.int16), AFFINE)) == (-1150.0, 250.0)


def test_picture_of_8_bits_is_shown_as_it_is() -> None:
    picture = Volume(np.full((1, 4, 4), 7, np.uint8), AFFINE, kind=Kind.WINDOWED)
    assert display_window(picture) == (0.0, 255.0)
    np.testing.assert_array_equal(to_grey(picture.voxels[0], display_window(picture)), picture.voxels[0])


def test_radiograph_of_16_bits_is_shown_from_its_darkest_to_its_brightest_but_for_outliers() -> None:
    values = np.arange(10_000, dtype=np.uint16).reshape(1, 100, 100) + 20_000
    values[0, 0, 0] = 65_535
    low, high = display_window(Volume(values, AFFINE, kind=Kind.RADIOGRAPH))
    assert (low, high) == (pytest.approx(20_050, abs=2), pytest.approx(29_950, abs=2))  # half a percent at either end


def test_scan_of_one_value_has_a_window_too() -> None:
    low, high = display_window(Volume(np.full((1, 4, 4), 300, np.uint16), AFFINE, kind=Kind.RADIOGRAPH))
    assert low < high


def test_values_become_grey_evenly_between_the_ends_of_the_window() -> None:
    grey = to_grey(np.array([[-2000.0, -100.0, 0.0, 50.0, 100.0, 3000.0]]), (0.0, 100.0))
    assert grey.tolist() == [[0, 0, 0, 127, 255, 255]]
    assert grey.dtype == np.uint8
