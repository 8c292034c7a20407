"""Labels have the names that a data set states, else those that their values suggest."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from two_lungs import lungs, save

from pleura.evaluation.cases import find_cases
from pleura.evaluation.run import (
    evaluate_files,
    summaries,
)


def rows(references: Path, predictions: Path) -> dict[str, float | None]:
    """Return the mean Dice of everything that was scored."""
    cases = find_cases(references, predictions)
    return {name: found["dice"].mean for name, found in summaries(evaluate_files(cases), cases.labels).items()}


@pytest.mark.parametrize(("reference", "prediction"), [(255, 255), (1, 2), (255, 2), (2, 255)])
def test_lungs_are_scored_as_one_where_either_side_does_not_distinguish_them(
    tmp_path: Path, reference: int, prediction: int
) -> None:
    """A value of 2 stands for masks with right and left here, any other for masks that mark both by it."""
    for name, mark in (("ref", reference), ("pred", prediction)):
        save(tmp_path / name / "a.png", lungs() if mark == 2 else mark * (lungs() > 0))
    assert rows(tmp_path / "ref", tmp_path / "pred") == {"both lungs" if reference == 2 else "lung": 1.0}


def test_lungs_are_distinguished_by_the_folder_as_a_whole(tmp_path: Path) -> None:
    for name, value in (("right", 1), ("left", 2)):  # two masks of one lung each
        save(tmp_path / "ref" / f"{name}.png", value * (lungs() == value))
    assert rows(tmp_path / "ref", tmp_path / "ref") == {"both lungs": 1.0, "right lung": 1.0, "left lung": 1.0}


def test_other_values_are_named_as_a_description_says_or_by_number(tmp_path: Path) -> None:
    table = np.array([0, 3, 5])
    save(tmp_path / "ref" / "a.png", table[lungs()])
    assert list(rows(tmp_path / "ref", tmp_path / "ref")) == ["all labels", "label 3", "label 5"]
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "heart": 3, "aorta": 5}}))
    assert list(rows(tmp_path / "ref", tmp_path / "ref")) == ["all labels", "heart", "aorta"]
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "lung": [3, 5]}}))
    assert list(rows(tmp_path / "ref", tmp_path / "ref")) == ["lung"]
