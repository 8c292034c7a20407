"""A report is three files, and a file that cannot be written is an error with a name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pleura.errors import UnwritableOutput
from pleura.evaluation.cases import CaseList
from pleura.evaluation.run import Evaluation
from pleura.reporting.evaluation import as_html
from pleura.reporting.files import write_report
from pleura.reporting.tables import as_csv, as_json


def test_report_is_a_file_for_programs_one_for_tables_and_one_for_people(
    evaluation: Evaluation, cases: CaseList, tmp_path: Path
) -> None:
    folder = tmp_path / "report"
    folder.mkdir()
    write_report(folder, evaluation, cases, (), fail_below=0.8, other=evaluation)
    assert {path.name for path in folder.iterdir()} == {"report.json", "cases.csv", "report.html"}
    found = json.loads((folder / "report.json").read_text())
    assert found == json.loads(json.dumps(as_json(evaluation, cases, fail_below=0.8, other=evaluation)))
    assert (folder / "cases.csv").read_bytes().decode() == as_csv(evaluation, cases, evaluation)
    page = as_html(evaluation, cases, (), fail_below=0.8, other=evaluation)
    assert (folder / "report.html").read_text(encoding="utf-8") == page


def test_folder_that_is_not_there_is_named(evaluation: Evaluation, cases: CaseList, tmp_path: Path) -> None:
    with pytest.raises(UnwritableOutput, match="there is no folder") as caught:
        write_report(tmp_path / "gone", evaluation, cases, (), fail_below=0.8)
    assert caught.value.code == "no-such-folder"
