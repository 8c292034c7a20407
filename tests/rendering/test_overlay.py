"""An outline lies on the edge of its mask, in its colour, and leaves the rest of the slice grey."""

from __future__ import annotations

import numpy as np

from pleura.rendering import PREDICTION_COLOUR, REFERENCE_COLOUR, draw_overlay
from pleura.rendering.overlay import inner_outline

GREY = np.full((40, 60), 100, np.uint8)


def square(top: int, left: int, side: int = 20) -> np.ndarray:
    mask = np.zeros(GREY.shape, np.uint8)
    mask[top : top + side, left : left + side] = 1
    return mask


def near(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.abs(picture.astype(int) - colour).sum(axis=-1) < 90


def test_outline_lies_on_the_inner_edge_of_the_mask_and_nowhere_else() -> None:
    picture = np.asarray(draw_overlay(GREY, [(square(10, 20), REFERENCE_COLOUR)]))
    rows, columns = np.nonzero((picture != 100).any(axis=-1))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (10, 29, 20, 39)
    assert (picture[13:27, 23:37] == 100).all()  # the inside is as it was
    assert near(picture, REFERENCE_COLOUR)[10, 22:38].all()


def test_two_masks_have_two_colours_and_the_later_lies_on_top() -> None:
    outlines = [(square(10, 10), REFERENCE_COLOUR), (square(10, 20), PREDICTION_COLOUR)]
    picture = np.asarray(draw_overlay(GREY, outlines))
    assert near(picture, REFERENCE_COLOUR)[20, 10]
    assert near(picture, PREDICTION_COLOUR)[20, 20]
    assert near(picture, PREDICTION_COLOUR)[10, 24]  # where both run along the same row


def test_any_value_but_0_is_inside() -> None:
    two = np.asarray(draw_overlay(GREY, [(2 * square(10, 20), REFERENCE_COLOUR)]))
    np.testing.assert_array_equal(two, np.asarray(draw_overlay(GREY, [(square(10, 20) > 0, REFERENCE_COLOUR)])))


def test_outline_is_as_thin_on_a_picture_of_three_times_the_size() -> None:
    picture = np.asarray(draw_overlay(GREY, [(square(10, 20), REFERENCE_COLOUR)], (180, 120)))
    assert picture.shape == (120, 180, 3)
    assert 1 <= np.count_nonzero((picture[60, :90] != 100).any(axis=-1)) <= 3


def test_tint_colours_the_inside_by_its_share() -> None:
    picture = np.asarray(draw_overlay(GREY, [(square(10, 20), (200, 0, 100))], tint=0.1))
    assert abs(picture[20, 30].astype(int) - (110, 90, 100)).max() <= 1  # a tenth of the way to the colour
    assert (picture[5, 5] == 100).all()


def test_slice_without_a_mask_is_grey() -> None:
    assert (np.asarray(draw_overlay(GREY, [])) == 100).all()
    assert (np.asarray(draw_overlay(GREY, [(np.zeros_like(GREY), REFERENCE_COLOUR)])) == 100).all()


def test_inner_outline_is_what_of_a_mask_touches_its_outside_by_an_edge() -> None:
    inside = np.zeros((6, 7), bool)
    inside[1:, 1:6] = True  # reaches the lower edge of the picture
    inside[3, 3] = False
    expected = inside.copy()
    expected[2, 2] = expected[2, 4] = expected[4, 2] = expected[4, 4] = False  # touch the hole by a corner only
    np.testing.assert_array_equal(inner_outline(inside), expected)
    assert not inner_outline(np.zeros((3, 3), np.uint8)).any()
