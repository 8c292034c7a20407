"""The square over the body: found in real pictures' geometry, cut out and pasted back without a shift."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pleura.inference.grid import ROOM, Square, body_square, cut, lung_square, paste
from pleura.volume import Kind


def body(rows: slice, columns: slice, shape: tuple[int, int, int] = (3, 120, 120)) -> np.ndarray:
    slices = np.full(shape, -1000, np.int16)
    slices[:, rows, columns] = 40
    return slices


def test_square_covers_the_body_and_little_more() -> None:
    square = body_square(body(slice(30, 80), slice(20, 100)), (1.0, 1.0), Kind.HU)
    assert square.height == square.width == round(80 * 1.04)
    assert square.left <= 20
    assert square.left + square.width >= 100
    assert abs(square.top + square.height / 2 - 55) <= 1


def test_square_is_square_in_millimetres_where_pixels_are_not() -> None:
    square = body_square(body(slice(30, 80), slice(20, 100)), (2.0, 1.0), Kind.HU)
    assert square.height * 2 == pytest.approx(square.width, abs=2)


def test_thin_table_apart_from_the_body_does_not_widen_the_square() -> None:
    slices = body(slice(30, 80), slice(20, 100))
    slices[:, 110:112, :] = 100
    assert body_square(slices, (1.0, 1.0), Kind.HU).height == round(80 * 1.04)


def test_picture_without_a_body_is_taken_whole() -> None:
    square = body_square(np.full((1, 64, 64), -1000, np.int16), (1.0, 1.0), Kind.HU)
    assert square.height >= 64


def test_body_is_found_in_a_windowed_picture() -> None:
    grey = np.where(body(slice(30, 80), slice(20, 100)) > 0, 170, 10).astype(np.uint8)
    assert body_square(grey, (1.0, 1.0), Kind.WINDOWED).width == round(80 * 1.04)


def seen(rows: slice, columns: slice) -> np.ndarray:
    lung = np.zeros((2, 100, 100), bool)
    lung[:, rows, columns] = True
    return lung


def test_square_goes_around_the_lungs_with_room_to_spare() -> None:
    square = lung_square(seen(slice(20, 60), slice(10, 80)), Square(10, 20, 200, 200), (1.0, 1.0))
    assert square.height == square.width == round(ROOM * 140)
    assert square.top + square.height / 2 == pytest.approx(10 + 80, abs=1)
    assert square.left + square.width / 2 == pytest.approx(20 + 90, abs=1)


def test_square_around_the_lungs_is_square_in_millimetres() -> None:
    square = lung_square(seen(slice(20, 60), slice(10, 80)), Square(0, 0, 100, 200), (2.0, 1.0))
    assert square.height * 2 == pytest.approx(square.width, abs=1)
    assert square.width == round(ROOM * 140)


def test_square_around_the_tips_of_the_lungs_still_shows_what_is_around_them() -> None:
    assert lung_square(seen(slice(70, 90), slice(40, 60)), Square(0, 0, 100, 100), (1.0, 1.0)).height == 75


def test_crumb_far_away_does_not_widen_the_square() -> None:
    lung = seen(slice(20, 60), slice(30, 80))
    lung[0, 98, 2:5] = True
    assert lung_square(lung, Square(0, 0, 100, 100), (1.0, 1.0)).height == 75
    assert lung_square(lung, Square(0, 0, 100, 100), (1.0, 1.0)).left < 30


def test_square_of_the_body_stays_where_hardly_any_lung_is_seen() -> None:
    body = Square(3, 4, 100, 100)
    assert lung_square(seen(slice(0, 9), slice(0, 9)), body, (1.0, 1.0)) is body
    assert lung_square(seen(slice(2, 98), slice(2, 98)), body, (1.0, 1.0)) is body


squares = st.builds(Square, st.integers(-30, 20), st.integers(-30, 20), st.integers(25, 80), st.integers(25, 80))


@given(squares)
def test_what_is_cut_out_is_pasted_back_in_its_place(square: Square) -> None:
    slices = np.arange(2 * 30 * 40, dtype=np.int16).reshape(2, 30, 40)
    target = np.full_like(slices, -1)
    paste(target, cut(slices, square, air=-7), square)
    inside = target >= 0
    assert np.array_equal(target[inside], slices[inside])
    rows = range(max(square.top, 0), min(square.top + square.height, 30))
    columns = range(max(square.left, 0), min(square.left + square.width, 40))
    assert inside.sum() == 2 * len(rows) * len(columns)


@given(squares)
def test_air_stands_where_the_square_leaves_the_picture(square: Square) -> None:
    part = cut(np.zeros((1, 30, 40), np.int16), square, air=-7)
    assert part.shape == (1, square.height, square.width)
    outside = square.height * square.width - int((part == 0).sum())
    assert int((part == -7).sum()) == outside
