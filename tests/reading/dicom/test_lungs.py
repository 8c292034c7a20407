"""Lungs of DICOM segmentations and structure sets, by their names, on the grid of another mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import ct_slice, save
from dicom_masks import BODY, LEFT, RIGHT, SQUARE, seg, structures

from pleura.errors import PleuraError, UnsuitableInput
from pleura.geometry import affine_from_spacing
from pleura.reading.dicom.lungs import lung_values, object_class, object_names, read_lungs
from pleura.reading.dicom.sop_classes import STRUCTURE_SET
from pleura.reading.raw_image import LabelMap

GRID = LabelMap(np.zeros((5, 8, 10), np.uint8), affine_from_spacing((5.0, 2.0, 2.0)))
"""A slice more at either end than the segmentations below have."""
GRID.affine[2, 3] = -5.0


def moved(*millimetres: float) -> LabelMap:
    affine = GRID.affine.copy()
    affine[:3, 3] += millimetres
    return LabelMap(GRID.voxels, affine)


def test_segments_are_right_and_left_by_their_names_whatever_their_numbers(tmp_path: Path) -> None:
    path = seg(tmp_path / "a.dcm", {"Body": BODY, "Left Lung": LEFT, "Right Lung": RIGHT})
    assert object_names(path) == {1: "Body", 2: "Left Lung", 3: "Right Lung"}
    found = read_lungs(path, GRID)
    expected = np.zeros(GRID.voxels.shape, np.uint8)
    expected[1:4][RIGHT], expected[1:4][LEFT] = 1, 2
    np.testing.assert_array_equal(found.voxels, expected)
    np.testing.assert_array_equal(found.affine, GRID.affine)


def test_segmentation_is_found_on_a_grid_stored_from_the_head_down(tmp_path: Path) -> None:
    affine = GRID.affine.copy()
    affine[:, 0] *= -1
    affine[2, 3] = -5.0 + 4 * 5.0
    found = read_lungs(seg(tmp_path / "a.dcm", {"Right Lung": RIGHT}), LabelMap(GRID.voxels, affine))
    np.testing.assert_array_equal(found.voxels[::-1][1:4], RIGHT)


def test_contours_are_drawn_into_the_grid(tmp_path: Path) -> None:
    path = structures(tmp_path / "a.dcm", {"PTV": SQUARE, "Lung_R": SQUARE, "Lung_L": [x + 6 for x in SQUARE]})
    assert object_class(path) == STRUCTURE_SET
    found = read_lungs(path, GRID).voxels
    assert [(found == 1).sum(), (found == 2).sum()] == [4, 4]  # 2 x 2 pixels of 2 mm
    assert (found[2, 1:3, 1:3] == 1).all()


@pytest.mark.parametrize(("aside", "code"), [((0.5, 0, 0), "grid-mismatch"), ((0, 0, 10.0), "grid-mismatch")])
def test_segmentation_of_other_voxels_or_beyond_the_grid_is_refused(
    tmp_path: Path, aside: tuple[float, ...], code: str
) -> None:
    path = seg(tmp_path / "a.dcm", {"Right Lung": RIGHT, "Left Lung": LEFT})
    with pytest.raises(UnsuitableInput) as caught:
        read_lungs(path, moved(*aside))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("names", "values"),
    [
        ({1: "Left Lung", 7: "lung right", 9: "heart"}, {1: 2, 7: 1}),
        ({1: "Lungs", 2: "Lung_L"}, {1: 1, 2: 1}),  # the other side is not marked by itself
        ({4: "Lung"}, {4: 1}),
        ({4: "left lung"}, {4: 2}),
        ({1: "right lung", 2: "left lung", 3: "both lungs"}, {1: 1, 2: 2}),
    ],
)
def test_values_follow_the_names(names: dict[int, str], values: dict[int, int]) -> None:
    assert lung_values(names) == values


def test_object_that_marks_no_lung_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PleuraError) as caught:
        read_lungs(seg(tmp_path / "a.dcm", {"Liver": BODY, "Lung nodule": LEFT}), GRID)
    assert caught.value.code == "no-structure"


def test_other_files_are_no_mask_objects(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("no image")
    slice_ = save(ct_slice(np.zeros((8, 8)), (0, 0, 0)), tmp_path / "ct.dcm")
    assert [object_class(path) for path in (tmp_path / "note.txt", slice_, tmp_path / "none.dcm")] == [""] * 3
