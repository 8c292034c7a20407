"""References and predictions may be DICOM segmentations and structure sets: sides by name, slices by position."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from dicom_masks import BODY, LEFT, RIGHT, seg, structures

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


def test_two_structure_sets_are_a_failure_that_says_what_to_do(tmp_path: Path) -> None:
    contours = structures(tmp_path / "a.dcm", SQUARES)
    (score,) = evaluate_files(find_cases(contours, structures(tmp_path / "b.dcm", SQUARES))).scores
    assert score.error == "no-grid"
    assert "pleura convert" in score.reason


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
