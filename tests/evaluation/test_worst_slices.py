"""The slices to look at are those with the most disagreement, of the worst cases."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pleura.evaluation.cases import find_cases
from pleura.evaluation.run import (
    evaluate_files,
)
from pleura.evaluation.worst_slices import find_worst_slices
from pleura.geometry import affine_from_spacing
from pleura.segmentation import Segmentation
from pleura.volume import Volume


def test_worst_case_comes_first_and_what_cannot_be_drawn_is_left_out(folders: tuple[Path, Path]) -> None:
    cases = find_cases(*folders)
    found = find_worst_slices(evaluate_files(cases), cases, None)
    assert [drawn.case for drawn in found] == ["b", "a"]  # c has no prediction
    assert not found[0].grey.any()  # there is no image
    assert len(find_worst_slices(evaluate_files(cases), cases, None, count=1)) == 1


def test_slice_with_the_most_disagreement_is_the_one(tmp_path: Path) -> None:
    reference = np.zeros((5, 8, 8), np.uint8)
    reference[:, 2:6, 2:6] = 1
    prediction = reference.copy()
    prediction[3] = 0
    volume = Volume(np.zeros(reference.shape, np.int16), affine_from_spacing((1.0, 1.0, 1.0)))
    for name, labels in (("ref", reference), ("pred", prediction)):
        Segmentation(labels, volume).write(tmp_path / f"{name}.nii.gz")
    cases = find_cases(tmp_path / "ref.nii.gz", tmp_path / "pred.nii.gz")
    (drawn,) = find_worst_slices(evaluate_files(cases), cases, None)
    assert drawn.reference.any()
    assert not drawn.prediction.any()


def test_mask_of_a_file_is_drawn_over_the_image_of_its_case(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes((dataset / "1.png").read_bytes())
    cases = find_cases(dataset, tmp_path)
    (drawn,) = find_worst_slices(evaluate_files(cases), cases, None)
    assert drawn.grey.any()
    assert np.array_equal(drawn.reference, drawn.prediction)
