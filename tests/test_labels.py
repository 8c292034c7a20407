"""The label table is a promise to everyone who reads a mask: these numbers do not change."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.labels import (
    BACKGROUND,
    LEFT,
    LUNGS,
    RIGHT,
    have_sides,
    of_lungs,
    renumbered,
    rotation_to_upright,
    side_of,
    structures,
)


def test_background_is_0_right_is_1_and_left_is_2() -> None:
    assert (BACKGROUND, RIGHT, LEFT) == (0, 1, 2)
    assert [(lung.value, lung.name) for lung in LUNGS] == [(1, "right lung"), (2, "left lung")]


def test_lungs_carry_their_snomed_codes() -> None:
    assert [(lung.snomed, lung.meaning) for lung in LUNGS] == [("3341006", "Right lung"), ("44029006", "Left lung")]


def test_lungs_have_a_side_each_and_what_has_another_name_has_none() -> None:
    assert [lung.side for lung in LUNGS] == ["right", "left"]
    assert have_sides(LUNGS)
    assert not have_sides(LUNGS[:1])
    assert not have_sides(structures(["lung", "heart"]))


def test_lungs_differ_by_colour() -> None:
    right, left = (lung.colour for lung in LUNGS)
    assert right != left
    assert all(0 <= channel <= 255 for channel in (*right, *left))


def upright() -> np.ndarray:
    """The right lung at the left of the picture, larger."""
    labels = np.zeros((32, 32), np.uint8)
    labels[6:26, 4:13], labels[6:22, 19:27] = RIGHT, LEFT
    return labels


@pytest.mark.parametrize("turn", range(4))
def test_turned_picture_is_turned_back(turn: int) -> None:
    turned = np.rot90(upright(), turn)
    found = rotation_to_upright(turned)
    assert found == -turn % 4
    assert np.array_equal(np.rot90(turned, found), upright())


def test_one_lung_does_not_tell_which_way_is_up() -> None:
    assert rotation_to_upright(np.where(upright() == LEFT, BACKGROUND, upright())) is None


def test_renumbered_labels_leave_out_what_is_not_listed() -> None:
    assert renumbered(np.array([[0, 3], [4, 5]]), {3: RIGHT, 4: LEFT}).tolist() == [[0, RIGHT], [LEFT, BACKGROUND]]


def test_lobes_are_not_lungs() -> None:
    assert of_lungs(["right lung", "left lung"])
    assert of_lungs(["lung"])
    assert not of_lungs(["right lung", "right upper lobe"])


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("Right Lung", RIGHT),
        ("lung_R", RIGHT),
        ("Pulmo sinister", LEFT),
        ("LUNG-LT", LEFT),
        ("Lungs", 0),
        ("left and right lung", 0),
        ("lung upper lobe left", None),
        ("PTV lung right", None),
        ("Lung_R_Upper", None),
        ("Lung_LUL", None),
        ("LungR", RIGHT),
        ("LLUNG", LEFT),
        ("rightLung", RIGHT),
        ("Pulm\u00f3n derecho", RIGHT),
        ("pulmon izquierdo", LEFT),
        ("Poumon G", LEFT),
        ("Lunge rechts", RIGHT),
        ("Polmone sx", LEFT),
        ("Lung D", 0),
        ("Pulmonary artery", None),
        ("Heart", None),
    ],
)
def test_name_says_which_lung_it_is_or_both_or_none(name: str, side: int | None) -> None:
    assert side_of(name) == side
