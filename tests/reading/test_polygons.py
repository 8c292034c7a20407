"""Polygons are drawn by pixel centres; those of one plane are joined, or cut holes into each other."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.reading import polygons
from pleura.reading.polygons import Region, crosses_itself, fill_even_odd, join_regions

SHAPE = (7, 9)


def square(row: float, column: float, side: float) -> np.ndarray:
    low, right = row + side, column + side
    return np.array([(row, column), (row, right), (low, right), (low, column)])


def picture(region: Region) -> np.ndarray:
    found = np.zeros(SHAPE, bool)
    region.view(found)[...] = region.inside
    return found


def drawn(*corners: np.ndarray, exclusive: bool = False) -> np.ndarray:
    return picture(join_regions([fill_even_odd(one, SHAPE) for one in corners], exclusive=exclusive))


def test_pixels_are_inside_where_their_centres_are() -> None:
    found = picture(fill_even_odd(square(1.5, 2.5, 2.4), SHAPE))  # rows 1.5 to 3.9, columns 2.5 to 4.9
    assert [tuple(pixel) for pixel in np.argwhere(found)] == [(2, 3), (2, 4), (3, 3), (3, 4)]


def test_what_reaches_beyond_the_picture_is_cut_off() -> None:
    assert picture(fill_even_odd(square(-50, -60, 200), SHAPE)).all()
    assert picture(fill_even_odd(square(4.5, -3, 9), SHAPE)).sum() == 2 * 6  # rows 5 and 6, columns 0 to 5
    assert not picture(fill_even_odd(square(-30, 20, 9), SHAPE)).any()


def test_cut_of_a_keyhole_that_runs_through_pixel_centres_leaves_none_out() -> None:
    # from the outer corner (0, 0) through the centres of (1, 1) and (2, 2) to the hole, and back the other way
    outer, hole = square(-0.5, -0.5, 7), square(2.5, 2.5, 1)
    keyhole = np.concatenate([outer, outer[:1], hole, hole[:1]])
    expected = np.zeros(SHAPE, bool)
    expected[:7, :7] = True
    expected[3, 3] = False
    np.testing.assert_array_equal(drawn(keyhole), expected)


@pytest.mark.parametrize("steepness", [0.3, 1 / 3, 0.7, 1.1])
def test_both_ways_along_one_edge_cancel_out(steepness: float) -> None:
    there_and_back = np.array([(0.0, 0.0), (6.0, 6.0 * steepness), (3.0, 3.0 * steepness)])
    assert not drawn(there_and_back).any()


def test_contour_within_another_is_a_hole_and_one_within_that_an_island() -> None:
    found = drawn(square(2.5, 2.5, 2), square(-0.5, -0.5, 7), square(1.5, 1.5, 4), square(0.5, 7.5, 1))
    for exclusive in (False, True):
        np.testing.assert_array_equal(
            drawn(
                square(2.5, 2.5, 2),
                square(-0.5, -0.5, 7),
                square(1.5, 1.5, 4),
                square(0.5, 7.5, 1),
                exclusive=exclusive,
            ),
            found,
        )
    assert found.sum() == 49 - 16 + 4 + 1


def test_plain_contours_that_overlap_are_joined_and_exclusive_ones_are_not() -> None:
    one, other = square(-0.5, -0.5, 4), square(1.5, 1.5, 4)  # 2 x 2 pixels are in both
    assert drawn(one, other).sum() == 16 + 16 - 4
    assert drawn(one, other, exclusive=True).sum() == 16 + 16 - 8


def test_contour_that_is_there_twice_counts_once() -> None:
    assert drawn(square(0.5, 0.5, 3), square(0.5, 0.5, 3)).sum() == 9
    assert drawn(square(0.5, 0.5, 3), square(0.5, 0.5, 3), exclusive=True).sum() == 0


def test_many_edges_are_drawn_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    corners = np.random.default_rng(3).uniform(-2, 9, (50, 2))
    whole = drawn(corners)
    monkeypatch.setattr(polygons, "_CROSSINGS", 21)
    np.testing.assert_array_equal(drawn(corners), whole)
    assert whole.any()


def test_polygon_run_round_twice_crosses_itself_and_one_between_pixel_centres_does_not() -> None:
    twice = np.array([(0, 0), (0, 9), (9, 9), (9, 0), (0.5, 0.5), (1, 8), (8, 8), (7, 1), (2, -1)], float)
    box = np.array([(0.01, 0.01), (0.01, 9.99), (9.99, 9.99), (9.99, 0.01)])  # 99.6 square pixels, 81 centres
    found = [crosses_itself(corners, fill_even_odd(corners, (12, 12)).size) for corners in (twice, box, box[::-1])]
    assert found == [True, False, False]
