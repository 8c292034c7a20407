"""The label table is a promise to everyone who reads a mask: these numbers do not change."""

from __future__ import annotations

from pleura.labels import BACKGROUND, LEFT, LUNGS, RIGHT


def test_background_is_0_right_is_1_and_left_is_2() -> None:
    assert (BACKGROUND, RIGHT, LEFT) == (0, 1, 2)
    assert [(lung.value, lung.name) for lung in LUNGS] == [(1, "right lung"), (2, "left lung")]


def test_lungs_carry_their_snomed_codes() -> None:
    assert [(lung.snomed, lung.meaning) for lung in LUNGS] == [("3341006", "Right lung"), ("44029006", "Left lung")]


def test_lungs_can_be_told_apart_by_colour() -> None:
    right, left = (lung.colour for lung in LUNGS)
    assert right != left
    assert all(0 <= channel <= 255 for channel in (*right, *left))
