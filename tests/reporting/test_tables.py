"""The figures of an evaluation as JSON and CSV are those of its scores, and fit any program that reads them."""

from __future__ import annotations

import csv
import io
import json

import pytest

from pleura.evaluation.cases import CaseList
from pleura.evaluation.run import Evaluation
from pleura.reporting.tables import as_csv, as_json


def test_json_holds_summary_failures_and_every_case(evaluation: Evaluation, cases: CaseList) -> None:
    found = as_json(evaluation, cases, fail_below=0.9)
    assert found["summary"]["both lungs"]["dice"]["mean"] == 0.5
    assert found["failure_rate"] == {"both lungs": pytest.approx(2 / 3, abs=1e-6)}
    assert [case["structures"]["right lung"]["dice"] for case in found["cases"]] == [1.0, 0.5, 0.0]
    assert [note["code"] for note in found["notes"]] == ["not-scored"]
    assert "compared" not in found


def test_infinite_distance_is_null_in_json_which_has_no_such_number(evaluation: Evaluation, cases: CaseList) -> None:
    found = as_json(evaluation, cases, fail_below=0.9)
    assert found["cases"][2]["structures"]["both lungs"]["hd95"] is None
    json.dumps(found, allow_nan=False)


def test_json_of_two_sets_of_predictions_compares_them(evaluation: Evaluation, cases: CaseList) -> None:
    found = as_json(evaluation, cases, fail_below=0.9, other=evaluation)["compared"]
    assert found["difference"]["both lungs"]["dice"] == {
        "cases": 3, "mean": 0.0, "interval": [0.0, 0.0], "p": 1.0, "better": 0, "worse": 0
    }  # fmt: skip


def test_csv_has_a_line_for_each_case_and_structure(evaluation: Evaluation, cases: CaseList) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(evaluation, cases))))
    assert len(rows) == 3 * 3
    assert [(row["case"], row["structure"], row["dice"]) for row in rows[3:5]] == [
        ("b", "both lungs", "0.5"),
        ("b", "right lung", "0.5"),
    ]
    assert (rows[6]["hd95"], rows[6]["volume_error_ml"], rows[6]["error"]) == ("inf", "", "no-prediction")


def test_csv_names_whose_predictions_a_line_is_of(evaluation: Evaluation, cases: CaseList) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(evaluation, cases, evaluation))))
    assert len(rows) == 2 * 3 * 3
    assert {row["predictions"] for row in rows} == {"first & only"}
