"""Cases are scored and summed up; whatever cannot be scored counts as a failure, with its reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from two_lungs import lungs, save, write_manifest

from pleura import Segmenter
from pleura.evaluation.cases import find_cases
from pleura.evaluation.run import (
    evaluate_files,
    evaluate_model,
    failure_rate,
    main_unit,
    summaries,
    unscored,
)
from pleura.evaluation.scoring import Score, failed
from pleura.evaluation.worst_slices import find_worst_slices


def test_files_are_matched_by_stem_and_a_missing_one_counts_as_a_failure(folders: tuple[Path, Path]) -> None:
    cases = find_cases(*folders)
    evaluation = evaluate_files(cases)
    assert [score.error for score in evaluation.scores] == [None, None, "no-prediction"]
    dice = [score.agreements["both lungs"].dice for score in evaluation.scores]
    assert dice == [1.0, 0.5, 0.0]  # 50 of 100 rows overlap
    assert failure_rate(evaluation.scores, "both lungs", 0.9) == pytest.approx(2 / 3)


def test_distances_on_a_picture_are_millimetres_where_the_manifest_knows_them(tmp_path: Path) -> None:
    save(tmp_path / "set" / "masks" / "a.png", lungs())
    save(tmp_path / "pred" / "a.png", lungs(5))
    record = {"id": "a", "patient": "p", "split": "val", "image": "images/a.png", "mask": "masks/a.png"}
    found = {}
    for spacing in (None, [4.0, 3.0]):  # along x, y
        write_manifest(tmp_path / "set", {**record, "spacing": spacing})
        (score,) = evaluate_files(find_cases(tmp_path / "set", tmp_path / "pred")).scores
        found[score.unit] = score.agreements["right lung"].hd95
    assert found == {"px": 5.0, "mm": 15.0}  # moved down by five rows


def test_model_is_run_on_the_split_and_gives_curves_and_run_time(dataset: Path) -> None:
    cases = find_cases(dataset)
    assert [case.id for case in cases.cases] == ["1"]
    assert find_cases(dataset / "manifest.jsonl") == cases
    segmenter = Segmenter(threads=1)
    evaluation = evaluate_model(cases, segmenter, None)
    assert evaluation.scores[0].agreements["both lungs"].dice > 0.9
    assert evaluation.curves is not None
    middle = evaluation.curves.dice[50]
    assert middle == pytest.approx(evaluation.scores[0].agreements["both lungs"].dice, abs=0.02)
    assert evaluation.run_times[0].device == "cpu"
    assert evaluation.run_times[0].milliseconds is not None
    assert summaries(evaluation, cases.labels)["left lung"]["dice"].cases == 1
    picture = find_worst_slices(evaluation, cases, segmenter)[0]
    assert picture.grey.shape == picture.reference.shape == picture.prediction.shape == (256, 256)


def test_structures_that_are_no_lungs_are_scored_one_by_one(tmp_path: Path) -> None:
    save(tmp_path / "set" / "a.png", lungs())
    save(tmp_path / "pred" / "a.png", lungs(5))
    record = {"id": "a", "patient": "a", "split": "val", "image": "a.png", "mask": "a.png", "sides": False}
    write_manifest(tmp_path / "set", record)
    (tmp_path / "set" / "dataset.json").write_text(json.dumps({"labels": {"1": "heart", "2": "aorta"}}))
    cases = find_cases(tmp_path / "set", tmp_path / "pred")
    found = summaries(evaluate_files(cases), cases.labels)
    assert {name: found[name]["dice"].mean for name in found} == {"all labels": 0.5, "heart": 0.5, "aorta": 0.5}


def test_model_of_one_label_is_scored_on_both_lungs_together(dataset: Path) -> None:
    segmenter = Segmenter(threads=1)
    segmenter.model.bundle = replace(segmenter.bundle, labels=("lung",))
    cases = find_cases(dataset)
    assert list(summaries(evaluate_model(cases, segmenter, None), cases.labels)) == ["both lungs"]


def test_cases_that_could_not_be_scored_are_counted_by_reason(folders: tuple[Path, Path]) -> None:
    found = unscored(evaluate_files(find_cases(*folders)).scores)
    assert [(note.code, note.message) for note in found] == [
        ("not-scored", "1 of 3 cases could not be scored and counts with overlap 0: no-prediction 1")
    ]
    assert unscored([]) == ()


def test_unit_of_most_cases_is_that_of_the_summary() -> None:
    scores = [failed("a", 1, ["lung"], "x"), *(Score("b", 1, unit, {}) for unit in ("px", "px", "mm"))]
    assert main_unit(scores) == "px"
