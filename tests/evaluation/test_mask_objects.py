"""References and predictions may be DICOM segmentations and structure sets: sides by name, slices by position."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from dicom_masks import BODY, LEFT, RIGHT, drawn_structures, seg, structures
from numpy.typing import NDArray

from pleura.evaluation.cases import find_cases
from pleura.evaluation.run import evaluate_files
from pleura.geometry import affine_from_spacing, swap_lps_ras

LABELS = np.zeros((5, 8, 10), np.uint8)
LABELS[1:4] = np.where(RIGHT, 1, np.where(LEFT, 2, 0))


def nifti(path: Path, labels: np.ndarray = LABELS) -> Path:
    """Write labels on a grid of one slice more at either end than the segmentations have."""
    affine = affine_from_spacing((5.0, 2.0, 2.0))
    affine[2, 3] = -5.0
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(labels.T, swap_lps_ras(affine)), path)
    return path


def dices(reference: Path, prediction: Path) -> dict[str, float]:
    cases = find_cases(reference, prediction)
    (score,) = evaluate_files(cases).scores
    assert score.error is None
    return {name: found.dice for name, found in score.agreements.items()}


def test_segmentation_is_compared_by_the_names_of_its_segments(tmp_path: Path) -> None:
    reference = seg(tmp_path / "ref.dcm", {"Body": BODY, "Left Lung": LEFT, "Right Lung": RIGHT})
    prediction = nifti(tmp_path / "pred.nii.gz")
    assert dices(reference, prediction) == {"both lungs": 1.0, "right lung": 1.0, "left lung": 1.0}
    assert dices(prediction, reference) == {"both lungs": 1.0, "right lung": 1.0, "left lung": 1.0}
    swapped = nifti(tmp_path / "swapped.nii.gz", np.array([0, 2, 1], np.uint8)[LABELS])
    assert dices(reference, swapped) == {"both lungs": 1.0, "right lung": 0.0, "left lung": 0.0}


def test_contours_are_drawn_on_the_grid_of_the_prediction(tmp_path: Path) -> None:
    square = [1.0, 3.0, 5.0, 7.0, 3.0, 5.0, 7.0, 11.0, 5.0, 1.0, 11.0, 5.0]  # columns 1 to 3, rows 2 to 5 of 2 mm
    other = [x + 10.0 if k % 3 == 0 else x for k, x in enumerate(square)]
    reference = structures(tmp_path / "ref.dcm", {"Lung_L": other, "Lung_R": square, "PTV lung": square})
    labels = np.zeros_like(LABELS)
    labels[2, 2:6, 1:4], labels[2, 2:6, 6:9] = 1, 2
    assert dices(reference, nifti(tmp_path / "pred.nii.gz", labels)) == {
        "both lungs": 1.0,
        "right lung": 1.0,
        "left lung": 1.0,
    }


def test_folders_of_both_are_matched_by_name(tmp_path: Path) -> None:
    (tmp_path / "ref").mkdir()
    for name in ("p1", "p2"):
        seg(tmp_path / "ref" / f"{name}.dcm", {"Right Lung": RIGHT, "Left Lung": LEFT})
        nifti(tmp_path / "pred" / f"{name}_lungs.nii.gz")
    scores = evaluate_files(find_cases(tmp_path / "ref", tmp_path / "pred")).scores
    assert [score.agreements["left lung"].dice for score in scores] == [1.0, 1.0]


@pytest.mark.parametrize(("names", "error"), [({"Liver": BODY}, "no-structure")])
def test_object_that_marks_no_lung_is_a_failure_with_its_reason(
    tmp_path: Path, names: dict[str, np.ndarray], error: str
) -> None:
    reference, prediction = seg(tmp_path / "ref.dcm", names), nifti(tmp_path / "pred.nii.gz")
    (score,) = evaluate_files(find_cases(reference, prediction)).scores
    assert score.error == error


SQUARES = {
    "Lung_R": [1.0, 3.0, 10.0, 7.0, 3.0, 10.0, 7.0, 11.0, 10.0, 1.0, 11.0, 10.0],
    "Lung_L": [11.0, 3.0, 5.0, 17.0, 3.0, 5.0, 17.0, 11.0, 5.0, 11.0, 11.0, 5.0],
}
"""A slice of either lung, as `RIGHT` and `LEFT` have it."""


def test_two_structure_sets_are_compared_in_millimetres_on_their_planes(tmp_path: Path) -> None:
    def box(width: float, turn: NDArray[np.float64], begun: float = 0) -> list[list[float]]:
        corners = np.array([(begun, 0), (begun + width, 0), (begun + width, 20), (begun, 20)])
        planes = [np.insert(corners, 2, 5.0 * k, axis=1) + 0.5 for k in range(4)]
        return [(plane @ turn.T).ravel().tolist() for plane in planes]

    tilted = np.array([[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]])
    for turn in (np.eye(3), tilted, np.eye(3)[[2, 0, 1]]):
        reference = drawn_structures(tmp_path / "a.dcm", {"Lung_R": box(30, turn), "Lung_L": box(10, turn, 40)})
        prediction = drawn_structures(tmp_path / "b.dcm", {"Lung_R": box(20, turn), "Lung_L": box(10, turn, 40)})
        found = evaluate_files(find_cases(reference, prediction))
        assert found.scores[0].agreements["right lung"].dice == pytest.approx(2 * 20 / (30 + 20), abs=0.03)
        assert [note.code for note in found.notes] == ["grid-of-contours"]
        assert dices(reference, reference) == {"both lungs": 1.0, "right lung": 1.0, "left lung": 1.0}


def test_contours_that_surround_nothing_are_named_and_counted(tmp_path: Path) -> None:
    both = {"Right Lung": RIGHT, "Left Lung": LEFT}
    segments = seg(tmp_path / "a.dcm", both)
    contours = drawn_structures(tmp_path / "b.dcm", {name: [found, found[:6]] for name, found in SQUARES.items()})
    found = evaluate_files(find_cases(segments, contours))
    assert found.scores[0].warnings == ("contours-left-out",)
    assert [(note.code, "2 contours" in note.message) for note in found.notes] == [("contours-left-out", True)]


def test_segmentation_and_contours_are_compared_on_the_grid_of_the_segmentation(tmp_path: Path) -> None:
    both = {"Right Lung": RIGHT, "Left Lung": LEFT}
    segments, contours = seg(tmp_path / "a.dcm", both), structures(tmp_path / "b.dcm", SQUARES)
    # one of two slices each: 2 x 1 / (1 + 2)
    expected = {"both lungs": 2 / 3, "right lung": 2 / 3, "left lung": 2 / 3}
    assert dices(segments, contours) == pytest.approx(expected)
    assert dices(contours, segments) == pytest.approx(expected)
    assert set(dices(segments, seg(tmp_path / "c.dcm", both)).values()) == {1.0}


def test_segmentation_that_ends_earlier_is_compared_with_all_of_the_other(tmp_path: Path) -> None:
    lower = np.zeros_like(RIGHT)
    lower[1] = RIGHT[1]
    whole, part = seg(tmp_path / "a.dcm", {"Right Lung": RIGHT}), seg(tmp_path / "b.dcm", {"Right Lung": lower})
    for pair in ((whole, part), (part, whole)):
        assert [*dices(*pair).values()] == [pytest.approx(2 / 3)]
