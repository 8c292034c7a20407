"""HD95, mean distance and surface Dice on masks small enough to count by hand."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from pleura.errors import MissingExtra, UnsuitableInput
from pleura.evaluation import assd, hd95, surface_dice

EMPTY = np.zeros((4, 4), np.uint8)


def box(shape: tuple[int, ...], *bounds: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[tuple(slice(low, high) for low, high in bounds)] = True
    return mask


def test_hd95_of_two_empty_masks_is_zero_and_of_one_is_infinite() -> None:
    full = np.ones((4, 4), np.uint8)
    assert hd95(EMPTY, EMPTY, (1, 1)) == 0.0
    assert hd95(EMPTY, full, (1, 1)) == math.inf
    assert hd95(full, EMPTY, (1, 1)) == math.inf


def test_hd95_between_two_points_is_their_distance_in_millimetres() -> None:
    a, b = box((5, 5, 5), (0, 1), (0, 1), (0, 1)), box((5, 5, 5), (2, 3), (3, 4), (4, 5))
    # steps of 2, 3 and 4 voxels of 6, 1 and 2 mm: (12, 3, 8) mm
    assert hd95(a, b, (6.0, 1.0, 2.0)) == pytest.approx(math.sqrt(144 + 9 + 64))


def test_hd95_leaves_out_the_furthest_twentieth_of_a_surface() -> None:
    line = box((1, 101), (0, 1), (0, 100))
    short = box((1, 101), (0, 1), (0, 90))
    # the outline of the long line has 101 elements above and below it; 10 of each lie beyond the short one, 1 to 10
    # away. 95 % of 202 leaves ten out: the furthest five above and below
    assert hd95(line, short, (1.0, 1.0)) == 5.0
    assert hd95(short, line, (1.0, 1.0)) == 5.0


def test_a_cavity_is_surface_too() -> None:
    solid = box((9, 9), (0, 9), (0, 9))
    hollow = solid.copy()
    hollow[4, 4] = False
    # the hole has an outline of four elements, half a pixel around its centre; the rim's is half a pixel outside,
    # four pixels away. Four of 36 + 4 elements are more than a twentieth, also by their length
    assert hd95(solid, hollow, (1.0, 1.0)) == 4.0


def test_hd95_does_not_depend_on_where_the_masks_lie_in_the_array() -> None:
    a, b = box((9, 9), (0, 3), (0, 3)), box((9, 9), (0, 5), (0, 4))
    moved_a, moved_b = np.pad(a, 7), np.pad(b, 7)
    # the lower edge of b lies two rows of 2 mm below that of a; only its last corner is further away, sqrt(17) mm, and
    # with its short element is less than a twentieth of the outline
    expected = pytest.approx(4.0)
    assert hd95(a, b, (2.0, 1.0)) == expected
    assert hd95(moved_a, moved_b, (2.0, 1.0)) == expected


def test_hd95_without_scipy_names_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(MissingExtra, match=r"pip install 'pleura\[evaluate\]'") as error:
        hd95(np.ones((2, 2)), np.ones((2, 2)), (1.0, 1.0))
    assert error.value.code == "missing-extra"


def test_distances_on_different_grids_are_refused() -> None:
    with pytest.raises(UnsuitableInput) as error:
        hd95(EMPTY, EMPTY[:2], (1.0, 1.0))
    assert error.value.code == "shape-mismatch"
    with pytest.raises(UnsuitableInput, match="2 axes and 3 spacings"):
        hd95(EMPTY, EMPTY, (1.0, 1.0, 1.0))


def test_surface_dice_takes_a_distance_of_just_the_tolerance_for_within() -> None:
    a, b = box((1, 20), (0, 1), (0, 10)), box((1, 20), (0, 1), (0, 12))
    # both ends of the outlines lie 2 pixels apart; all else is shared
    assert surface_dice(a, b, (1.0, 1.0), 2.0) == 1.0
    assert surface_dice(a, b, (1.0, 1.0), 1.9) < 1.0
    assert surface_dice(EMPTY, EMPTY, (1, 1), 1.0) == 1.0
    assert surface_dice(EMPTY, np.ones((4, 4)), (1, 1), 1.0) == 0.0


def test_mean_distance_of_moved_masks_lies_between_none_and_the_whole_move() -> None:
    a, b = box((30, 30), (5, 15), (5, 15)), box((30, 30), (8, 18), (5, 15))
    assert assd(a, a, (1.0, 1.0)) == 0.0
    assert 0.0 < assd(a, b, (1.0, 1.0)) < 3.0
    assert assd(a, np.zeros((30, 30)), (1.0, 1.0)) == math.inf
