"""The report of an evaluation as files: for programs, for tables, and for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pleura.evaluation.cases import CaseList
from pleura.evaluation.run import Evaluation
from pleura.evaluation.worst_slices import WorstSlice
from pleura.files import atomic_write
from pleura.reporting.evaluation import as_html
from pleura.reporting.tables import as_csv, as_json


def write_report(
    folder: Path,
    evaluation: Evaluation,
    cases: CaseList,
    worst: Sequence[WorstSlice],
    *,
    fail_below: float,
    other: Evaluation | None = None,
) -> None:
    """Write report.json, cases.csv and report.html into a folder that is there.

    Parameters
    ----------
    worst : the slices that the page shows
    fail_below : Dice below which a case counts as a failure
    other : a second evaluation of the same cases, to compare

    Raises
    ------
    UnwritableOutput : the system refuses to write (`not-written`)
    """
    found = as_json(evaluation, cases, fail_below=fail_below, other=other)
    texts = {
        "report.json": json.dumps(found, indent=1, allow_nan=False) + "\n",
        "cases.csv": as_csv(evaluation, cases, other),
        "report.html": as_html(evaluation, cases, worst, fail_below=fail_below, other=other),
    }
    for name, text in texts.items():
        with atomic_write(folder / name) as file:
            file.write(text.encode())
