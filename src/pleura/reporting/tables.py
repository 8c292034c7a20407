"""An evaluation as JSON and as CSV; infinite figures are null in the one and `inf` in the other."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from pleura import __version__
from pleura.evaluation.cases import CaseList
from pleura.evaluation.run import Evaluation, differences, failure_rate, main_unit, summaries, unscored
from pleura.evaluation.scoring import FIGURES, TOLERANCES, Score, structures
from pleura.evaluation.statistics import Difference, Summary

RULES = {
    "empty_masks": "both empty: overlap 1, distance 0; one empty: overlap 0, distance infinite (null)",
    "failed_cases": "a case that could not be scored counts with overlap 0 and infinite distance",
    "surfaces": "DeepMind surface-distance: elements between voxel centres, weighed by area",
    "tolerances": list(TOLERANCES),
    "intervals": "95 %, bootstrap over patients, 2000 draws, seed 0",
    "test": "Wilcoxon signed-rank, two-sided, over patients",
}


def as_json(
    evaluation: Evaluation, cases: CaseList, *, fail_below: float, other: Evaluation | None = None
) -> dict[str, object]:
    """Return the whole evaluation as what JSON holds; `other` is a second set of predictions for the same cases."""
    union = structures(cases.labels)[0]
    found = {
        "program": {"name": "pleura", "version": __version__},
        "rules": {**RULES, "fail_below": fail_below},
        "labels": {str(value): name for value, name in cases.labels.items()},
        "notes": [asdict(note) for note in (*cases.notes, *evaluation.notes, *unscored(evaluation.scores))],
        "unit": main_unit(evaluation.scores),
        "predictions": evaluation.title,
        "model": dict(evaluation.model),
        "summary": _nested(summaries(evaluation, cases.labels)),
        "failure_rate": {union: failure_rate(evaluation.scores, union, fail_below)},
        "run_time": [asdict(time) for time in evaluation.run_times],
        "thresholds": asdict(evaluation.curves) if evaluation.curves else None,
        "cases": [_case(score) for score in evaluation.scores],
    }
    if other:
        found["compared"] = {
            "notes": [asdict(note) for note in (*other.notes, *unscored(other.scores))],
            "predictions": other.title,
            "model": dict(other.model),
            "summary": _nested(summaries(other, cases.labels)),
            "failure_rate": {union: failure_rate(other.scores, union, fail_below)},
            "difference": _nested(differences(evaluation, other, cases.labels)),
            "cases": [_case(score) for score in other.scores],
        }
    plain: dict[str, object] = _plain(found)
    return plain


def as_csv(evaluation: Evaluation, cases: CaseList, other: Evaluation | None = None) -> str:
    """Return a line a case and structure, with every figure; those of a second set of predictions follow.

    Predictions and cases have the names that people know them by; `id` is that of the case in `report.json`.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    tail = ["swapped", "warnings", "error"]
    writer.writerow(["predictions", "case", "id", "patient", "structure", "unit", *FIGURES, *tail])
    for evaluated in (evaluation, other) if other else (evaluation,):
        for score in evaluated.scores:
            writer.writerows([evaluated.title, cases.names[score.id], *row] for row in _rows(score))
    return text.getvalue()


def _rows(score: Score) -> Iterator[list[object]]:
    for structure, agreement in score.agreements.items():
        values = ["" if value is None else value for value in asdict(agreement).values()]
        tail = ["" if score.swapped is None else score.swapped, " ".join(score.warnings), score.error or ""]
        yield [score.id, score.patient, structure, score.unit, *values, *tail]


def _case(score: Score) -> dict[str, object]:
    return {
        "id": score.id,
        "patient": score.patient,
        "unit": score.unit,
        "error": score.error,
        "warnings": list(score.warnings),
        "swapped": score.swapped,
        "confusion": score.confusion,
        "structures": {name: asdict(agreement) for name, agreement in score.agreements.items()},
    }


def _nested(
    found: Mapping[str, Mapping[str, Summary]] | Mapping[str, Mapping[str, Difference]],
) -> dict[str, dict[str, object]]:
    return {outer: {inner: asdict(value) for inner, value in row.items()} for outer, row in found.items()}


def _plain(value: Any) -> Any:
    """Return the value with arrays as lists, and null for what JSON has no number for."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
