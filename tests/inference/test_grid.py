"""The field of view over the body: found in real pictures' geometry, cut out and pasted back without a shift."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pleura.inference.grid import LUNG_MARGIN, FieldOfView, body_fov, crop, lung_fov, paste
from pleura.volume import Kind


def body(rows: slice, columns: slice, shape: tuple[int, int, int] = (3, 120, 120)) -> np.ndarray:
    slices = np.full(shape, -1000, np.int16)
    slices[:, rows, columns] = 40
    return slices


def test_square_covers_the_body_and_little_more() -> None:
    fov = body_fov(body(slice(30, 80), slice(20, 100)), (1.0, 1.0), Kind.HU)
    assert fov.height == fov.width == round(80 * 1.04)
    assert fov.left <= 20
    assert fov.left + fov.width >= 100
    assert abs(fov.top + fov.height / 2 - 55) <= 1


def test_square_is_square_in_millimetres_where_pixels_are_not() -> None:
    fov = body_fov(body(slice(30, 80), slice(20, 100)), (2.0, 1.0), Kind.HU)
    assert fov.height * 2 == pytest.approx(fov.width, abs=2)


def test_thin_table_apart_from_the_body_does_not_widen_the_square() -> None:
    slices = body(slice(30, 80), slice(20, 100))
    slices[:, 110:112, :] = 100
    assert body_fov(slices, (1.0, 1.0), Kind.HU).height == round(80 * 1.04)


def test_picture_without_a_body_is_taken_whole() -> None:
    fov = body_fov(np.full((1, 64, 64), -1000, np.int16), (1.0, 1.0), Kind.HU)
    assert fov.height >= 64


def test_body_is_found_in_a_windowed_picture() -> None:
    grey = np.where(body(slice(30, 80), slice(20, 100)) > 0, 170, 10).astype(np.uint8)
    assert body_fov(grey, (1.0, 1.0), Kind.WINDOWED).width == round(80 * 1.04)


def seen(rows: slice, columns: slice) -> np.ndarray:
    lung = np.zeros((2, 100, 100), bool)
    lung[:, rows, columns] = True
    return lung


def test_square_goes_around_the_lungs_with_a_margin() -> None:
    fov = lung_fov(seen(slice(20, 60), slice(10, 80)), FieldOfView(10, 20, 200, 200), (1.0, 1.0))
    assert fov.height == fov.width == round(LUNG_MARGIN * 140)
    assert fov.top + fov.height / 2 == pytest.approx(10 + 80, abs=1)
    assert fov.left + fov.width / 2 == pytest.approx(20 + 90, abs=1)


def test_square_around_the_lungs_is_square_in_millimetres() -> None:
    fov = lung_fov(seen(slice(20, 60), slice(10, 80)), FieldOfView(0, 0, 100, 200), (2.0, 1.0))
    assert fov.height * 2 == pytest.approx(fov.width, abs=1)
    assert fov.width == round(LUNG_MARGIN * 140)


def test_square_around_the_tips_of_the_lungs_still_shows_what_is_around_them() -> None:
    assert lung_fov(seen(slice(70, 90), slice(40, 60)), FieldOfView(0, 0, 100, 100), (1.0, 1.0)).height == 75


def test_small_component_far_away_does_not_widen_the_square() -> None:
    lung = seen(slice(20, 60), slice(30, 80))
    lung[0, 98, 2:5] = True
    assert lung_fov(lung, FieldOfView(0, 0, 100, 100), (1.0, 1.0)).height == 75
    assert lung_fov(lung, FieldOfView(0, 0, 100, 100), (1.0, 1.0)).left < 30


def test_square_of_the_body_stays_where_hardly_any_lung_is_seen() -> None:
    body = FieldOfView(3, 4, 100, 100)
    assert lung_fov(seen(slice(0, 9), slice(0, 9)), body, (1.0, 1.0)) is body
    assert lung_fov(seen(slice(2, 98), slice(2, 98)), body, (1.0, 1.0)) is body


fovs = st.builds(FieldOfView, st.integers(-30, 20), st.integers(-30, 20), st.integers(25, 80), st.integers(25, 80))


@given(fovs)
def test_what_is_cut_out_is_pasted_back_in_its_place(fov: FieldOfView) -> None:
    slices = np.arange(2 * 30 * 40, dtype=np.int16).reshape(2, 30, 40)
    target = np.full_like(slices, -1)
    paste(target, crop(slices, fov, air=-7), fov)
    inside = target >= 0
    assert np.array_equal(target[inside], slices[inside])
    rows = range(max(fov.top, 0), min(fov.top + fov.height, 30))
    columns = range(max(fov.left, 0), min(fov.left + fov.width, 40))
    assert inside.sum() == 2 * len(rows) * len(columns)


@given(fovs)
def test_air_stands_where_the_field_of_view_leaves_the_picture(fov: FieldOfView) -> None:
    part = crop(np.zeros((1, 30, 40), np.int16), fov, air=-7)
    assert part.shape == (1, fov.height, fov.width)
    outside = fov.height * fov.width - int((part == 0).sum())
    assert int((part == -7).sum()) == outside
