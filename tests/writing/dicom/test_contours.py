"""Outlines run midway between pixels and close; a hole hangs on its outline by a cut that no pixel lies on."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from pleura.reading.polygons import fill_even_odd, join_regions
from pleura.writing.dicom.contours import outlines


def picture(*rows: str) -> np.ndarray:
    """Return what is marked by `#`."""
    return np.array([[letter == "#" for letter in row] for row in rows])


def drawn(polygons: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    found = np.zeros(shape, bool)
    region = join_regions([fill_even_odd(corners, shape) for corners in polygons], exclusive=True)
    region.view(found)[...] = region.inside
    return found


def area(corners: np.ndarray) -> float:
    """Return the area by the shoelace formula, with the sign of the way round."""
    (r0, c0), (r1, c1) = corners.T, np.roll(corners, -1, 0).T
    return float(np.sum(r0 * c1 - r1 * c0) / 2)


def test_one_pixel_is_a_diamond_about_its_centre() -> None:
    (corners,) = outlines(picture("...", ".#.", "..."))
    assert {tuple(corner) for corner in corners.tolist()} == {(0.5, 1.0), (1.0, 1.5), (1.5, 1.0), (1.0, 0.5)}


def test_straight_borders_have_corners_at_their_ends_alone() -> None:
    (corners,) = outlines(np.ones((4, 6), bool))  # midway to what lies outside of the picture
    expected = {(-0.5, 0), (-0.5, 5), (0, 5.5), (3, 5.5), (3.5, 5), (3.5, 0), (3, -0.5), (0, -0.5)}
    assert {tuple(corner) for corner in corners.tolist()} == expected


def test_nothing_marked_has_no_outline() -> None:
    assert outlines(np.zeros((4, 6), bool)) == []


def test_hole_and_outline_are_one_polygon() -> None:
    marked = picture("#####", "#####", "##.##", "#####")
    (corners,) = outlines(marked)
    # 5 x 4 squares less 4 corners of an eighth, less a diamond of a half: so too by winding, not by even and odd alone
    assert abs(area(corners)) == 20 - 4 / 8 - 1 / 2
    np.testing.assert_array_equal(drawn([corners], marked.shape), marked)


def test_cut_runs_twice_between_the_same_corners_and_through_no_pixel() -> None:
    (corners,) = outlines(picture("######", "######", "###.##", "######", "######"))
    ends = [tuple(corner) for corner in corners.tolist()]
    twice = {corner for corner in ends if ends.count(corner) == 2}
    edges = [edge for edge in pairwise([*ends, ends[0]]) if set(edge) <= twice]
    assert len(twice) == 2
    assert edges[0] == edges[1][::-1]
    assert {row % 1 for row, _ in twice} == {0.5}


def test_last_corner_of_a_keyhole_can_be_left_out_as_some_programs_do() -> None:
    marked = np.ones((9, 11), bool)
    marked[3:6, 4:7] = False
    for turned in (marked, marked.T, marked[:, ::-1], np.pad(marked, 1, constant_values=True)):
        (corners,) = outlines(turned)
        np.testing.assert_array_equal(drawn([corners[:-1]], turned.shape), turned)


def test_island_in_a_hole_is_a_polygon_of_its_own() -> None:
    marked = picture("#######", "#.....#", "#.###.#", "#.#.#.#", "#.###.#", "#.....#", "#######")
    found = outlines(marked)
    assert len(found) == 2
    np.testing.assert_array_equal(drawn(found, marked.shape), marked)


@pytest.mark.parametrize("share", [0.1, 0.35, 0.5, 0.65, 0.9, 0.99])
def test_any_picture_comes_back_pixel_for_pixel(share: float) -> None:
    rng = np.random.default_rng(round(100 * share))
    for shape in ((1, 1), (1, 9), (7, 1), (12, 17), (40, 31)):
        marked = rng.random(shape) < share
        found = outlines(marked)
        np.testing.assert_array_equal(drawn(found, shape), marked)
        wound = sum(abs(area(corners)) for corners in found)
        # every pixel is a diamond of a half; each pair of neighbours adds to it: less than a pixel, more than a half
        assert 0.5 * marked.sum() <= wound <= 1.5 * marked.sum()


def test_holes_in_a_row_hang_on_each_other() -> None:
    marked = np.ones((5, 200), bool)
    marked[2, 1:-1:2] = False
    (corners,) = outlines(marked)
    np.testing.assert_array_equal(drawn([corners], marked.shape), marked)
    assert len({tuple(corner) for corner in corners.tolist()}) < len(corners)
