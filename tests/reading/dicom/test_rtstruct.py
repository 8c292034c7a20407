"""Contours of a structure set that lie nowhere are an error by name; sound ones are drawn where they lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_masks import SQUARE, drawn_structures, structures

from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.geometry import affine_from_spacing
from pleura.reading.dicom.rtstruct import read_rtstruct, structure_names
from pleura.volume import Volume

VOLUME = Volume(np.zeros((3, 10, 10), np.int16), affine_from_spacing((5.0, 1.0, 1.0)))
"""Slices 5 mm apart; `SQUARE` lies in the second."""


def test_a_square_is_drawn_where_it_lies(tmp_path: Path) -> None:
    path = structures(tmp_path / "a.dcm", {"Lung": SQUARE})
    assert structure_names(path) == {1: "Lung"}
    found = read_rtstruct(path, VOLUME, {1}).voxels
    assert [plane.sum() for plane in found] == [0, 16, 0]  # 4 x 4 pixels


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("points", [SQUARE[:-1], [*SQUARE[:-1], 1e300], [*SQUARE[:-1], float("nan")]])
def test_a_contour_that_lies_nowhere_is_an_error_by_name(tmp_path: Path, points: object) -> None:
    with pytest.raises(UnreadableInput) as caught:
        read_rtstruct(structures(tmp_path / "a.dcm", {"Lung": points}), VOLUME, {1})
    assert caught.value.code == "damaged"


@pytest.mark.parametrize("step", [500.0, 1e6])
def test_contours_that_all_lie_elsewhere_are_an_error_by_name(tmp_path: Path, step: float) -> None:
    far = (np.array(SQUARE) + step).tolist()
    with pytest.raises(UnsuitableInput) as caught:
        read_rtstruct(structures(tmp_path / "a.dcm", {"Lung": far}), VOLUME, {1})
    assert caught.value.code == "mask-elsewhere"


def test_one_contour_outside_marks_nothing_beside_one_inside(tmp_path: Path) -> None:
    far = (np.array(SQUARE) + 500.0).tolist()
    found = read_rtstruct(structures(tmp_path / "a.dcm", {"Right lung": SQUARE, "Left lung": far}), VOLUME, {1, 2})
    assert [int((found.voxels == number).sum()) for number in (1, 2)] == [16, 0]


def square(x: float, y: float, side: float, z: float = 5.0) -> list[float]:
    """Return the corners of a square whose first pixel is (x, y)."""
    left, top, right, low = x - 0.5, y - 0.5, x + side - 0.5, y + side - 0.5
    return [left, top, z, right, top, z, right, low, z, left, low, z]


@pytest.mark.parametrize("kind", ["CLOSED_PLANAR", "CLOSEDPLANAR_XOR"])
def test_contour_within_another_cuts_a_hole(tmp_path: Path, kind: str) -> None:
    path = drawn_structures(tmp_path / "a.dcm", {"Lung": [square(3, 3, 2), square(1, 1, 7)]}, kind)
    found = read_rtstruct(path, VOLUME, {1}).voxels[1]
    assert found.sum() == 49 - 4
    assert not found[3:5, 3:5].any()


def test_contours_that_overlap_are_joined_unless_they_are_exclusive(tmp_path: Path) -> None:
    for kind, pixels in (("CLOSED_PLANAR", 28), ("CLOSEDPLANAR_XOR", 24)):
        path = drawn_structures(tmp_path / "a.dcm", {"Lung": [square(1, 1, 4), square(3, 3, 4)]}, kind)
        assert read_rtstruct(path, VOLUME, {1}).voxels.sum() == pixels


@pytest.mark.parametrize(
    ("points", "kind"), [(square(1, 1, 4), "OPEN_PLANAR"), (SQUARE[:3], "POINT"), (SQUARE[:6], "CLOSED_PLANAR")]
)
def test_points_and_open_contours_mark_nothing_and_are_counted(tmp_path: Path, points, kind: str) -> None:
    path = drawn_structures(tmp_path / "a.dcm", {"Lung": [points]}, kind)
    assert structure_names(path) == {}
    found = read_rtstruct(path, VOLUME, {1})
    assert not found.voxels.any()
    assert [note.code for note in found.notes] == ["contours-left-out"]


def test_contour_without_corners_is_left_out_beside_a_sound_one(tmp_path: Path) -> None:
    path = drawn_structures(tmp_path / "a.dcm", {"Lung": [SQUARE, None, []]})
    found = read_rtstruct(path, VOLUME, {1})
    assert found.voxels.sum() == 16
    (note,) = found.notes
    assert (note.code, note.message.partition(",")[0]) == ("contours-left-out", "2 contours left out")


def test_contour_that_crosses_itself_is_named_and_a_keyhole_is_not(tmp_path: Path) -> None:
    bow = [1, 1, 5, 8, 8, 5, 8, 1, 5, 1, 8, 5]  # its two halves are run round in opposite ways
    keyhole = [
        0,
        0,
        5,
        9,
        0,
        5,
        9,
        9,
        5,
        0,
        9,
        5,
        0,
        4.5,
        5,
        3,
        4.5,
        5,
        3,
        6,
        5,
        6,
        6,
        5,
        6,
        3,
        5,
        3,
        3,
        5,
        3,
        4.5,
        5,
        0,
        4.5,
        5,
    ]
    codes = [
        [note.code for note in read_rtstruct(structures(tmp_path / "a.dcm", {"Lung": points}), VOLUME, {1}).notes]
        for points in (bow, keyhole, SQUARE)
    ]
    assert codes == [["contours-crossed"], [], []]


def finer(slices: int, step: float) -> Volume:
    affine = affine_from_spacing((step, 1.0, 1.0))
    return Volume(np.zeros((slices, 10, 10), np.int16), affine)


def test_slices_between_contours_get_the_nearest_and_none_beyond_the_ends(tmp_path: Path) -> None:
    squares = [square(1, 1, side, z) for side, z in ((2, 6.0), (3, 12.0), (4, 18.0), (1, 24.0))]
    path = drawn_structures(tmp_path / "a.dcm", {"Lung": squares})
    found = read_rtstruct(path, finer(16, 2.0), {1}).voxels  # each contour stands for 6 mm, three slices
    # the first slab is from 3 to 9 mm, which holds the slices at 4, 6 and 8 mm
    assert [plane.sum() for plane in found] == [0, 0, 4, 4, 4, 9, 9, 9, 16, 16, 16, 1, 1, 1, 0, 0]
    coarse = read_rtstruct(path, finer(3, 12.0), {1}).voxels
    assert [plane.sum() for plane in coarse] == [0, 9, 1]


def test_two_contours_far_apart_are_two_slices(tmp_path: Path) -> None:
    path = drawn_structures(tmp_path / "a.dcm", {"Lung": [square(1, 1, 2, z) for z in (0.0, 20.0)]})
    assert [plane.sum() for plane in read_rtstruct(path, finer(5, 5.0), {1}).voxels] == [4, 0, 0, 0, 4]


def test_structures_drawn_on_planes_of_their_own_are_whole_both(tmp_path: Path) -> None:
    lower, upper = ([square(x, 1, 2, 5.0 * k + z) for k in range(5)] for x, z in ((1, -0.5), (5, 1.5)))
    path = drawn_structures(tmp_path / "a.dcm", {"Lung_R": lower, "Lung_L": upper})
    found = read_rtstruct(path, finer(5, 5.0), {1, 2}).voxels
    assert [(found == value).sum() for value in (1, 2)] == [20, 20]


def test_contour_left_out_between_others_stays_left_out(tmp_path: Path) -> None:
    squares = [square(1, 1, 2, z) for z in (0.0, 5.0, 15.0, 20.0, 25.0)]
    path = drawn_structures(tmp_path / "a.dcm", {"Lung": squares})
    found = read_rtstruct(path, finer(6, 5.0), {1}).voxels
    assert [plane.sum() for plane in found] == [4, 4, 0, 4, 4, 4]


def test_a_contour_of_three_corners_is_drawn_and_one_of_two_is_none(tmp_path: Path) -> None:
    corners = {"Lung": [0.0, 0.0, 5.0, 8.0, 0.0, 5.0, 0.0, 8.0, 5.0], "Line": SQUARE[:6]}
    found = read_rtstruct(structures(tmp_path / "a.dcm", corners), VOLUME, {1, 2}).voxels
    assert 28 <= (found[1] == 1).sum() <= 36  # half of 8 x 8, and which pixels on its edges are inside is open
    assert not (found == 2).any()
