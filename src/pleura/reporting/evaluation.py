"""An evaluation as one HTML page that holds everything: no script, no other file. Cases are named as their files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from pleura import __version__
from pleura.evaluation.cases import CaseList
from pleura.evaluation.metrics import dice
from pleura.evaluation.run import (
    Evaluation,
    differences,
    failure_rate,
    main_unit,
    scored_structures,
    summaries,
    unscored,
)
from pleura.evaluation.scoring import structures
from pleura.evaluation.statistics import METRICS, Interval, Summary
from pleura.evaluation.worst_slices import WorstSlice
from pleura.rendering import PREDICTION_COLOUR, REFERENCE_COLOUR, draw_overlay
from pleura.reporting.charts import Line, lines, strip
from pleura.reporting.template import data_uri, render, webp
from pleura.text import quantity

NONE = "-"
"""Stands where there is no figure."""

MOST_APART = 4
"""Structures, the union among them, whose Dice has a column each in the table of cases; more do not fit a page."""

SIDE = 320
"""Longest side of a picture on the page, in pixels."""


def as_html(
    evaluation: Evaluation,
    cases: CaseList,
    worst: Sequence[WorstSlice],
    *,
    fail_below: float,
    other: Evaluation | None = None,
) -> str:
    """Return the page as text."""
    return render(
        "evaluation.html",
        title="Evaluation",
        signature=f"pleura {__version__}",
        evaluation=evaluation,
        other=other,
        counted=_counted(evaluation),
        union=structures(cases.labels)[0],
        fail_below=fail_below,
        failures=[_failures(one, cases, fail_below) for one in (evaluation, other) if one],
        summary=list(_summary(evaluation, cases)),
        compared=list(_compared(evaluation, other, cases)) if other else [],
        charts=list(_charts(evaluation, cases)),
        confusion=_confusion(evaluation, cases),
        colours=(REFERENCE_COLOUR, PREDICTION_COLOUR),
        worst=[_drawn(one) for one in worst],
        every=_every_case(evaluation, cases, fail_below),
        notes=list(_notes(evaluation, other, cases)),
    )


def _counted(evaluation: Evaluation) -> str:
    patients = len({score.patient for score in evaluation.scores})
    counted = f"{quantity(len(evaluation.scores), 'case')} of {quantity(patients, 'patient')}"
    return f"{counted}, masks {evaluation.model['convention']}" if "convention" in evaluation.model else counted


def _failures(evaluation: Evaluation, cases: CaseList, fail_below: float) -> dict[str, object]:
    return {
        "title": evaluation.title,
        "percent": 100 * failure_rate(evaluation.scores, structures(cases.labels)[0], fail_below),
        "failed": sum(score.error is not None for score in evaluation.scores),
    }


def _summary(evaluation: Evaluation, cases: CaseList) -> Iterator[dict[str, object]]:
    """Yield a table for each structure."""
    unit = main_unit(evaluation.scores)
    for structure, found in summaries(evaluation, cases.labels).items():
        rows = [_summary_row(_title(one.name, unit), found[one.name]) for one in METRICS if found[one.name].cases]
        head = (structure, "median", "mean", "95 % interval of the mean", "worst 5 %", "worst", "cases")
        yield {"head": head, "rows": rows}


def _title(name: str, unit: str) -> str:
    metric = next(metric for metric in METRICS if metric.name == name)
    if name.startswith("surface_dice"):
        return f"{metric.title} {unit}"
    measured_in = unit if metric.unit == "length" else metric.unit
    return f"{metric.title}, {measured_in}" if measured_in else metric.title


def _summary_row(title: str, summary: Summary) -> tuple[str, ...]:
    infinite = f" ({summary.infinite} infinite)" if summary.infinite else ""
    return (
        title,
        _number(summary.median),
        _number(summary.mean),
        _interval(summary.interval),
        _number(summary.worst_5_percent),
        _number(summary.worst),
        f"{summary.cases}{infinite}",
    )


def _compared(evaluation: Evaluation, other: Evaluation, cases: CaseList) -> Iterator[dict[str, object]]:
    """Yield the means of both sets of predictions side by side, and how the second differs from the first."""
    unit = main_unit(evaluation.scores)
    own, others = summaries(evaluation, cases.labels), summaries(other, cases.labels)
    for structure, found in differences(evaluation, other, cases.labels).items():
        rows = []
        for metric in METRICS:
            difference = found[metric.name]
            if not difference.cases:
                continue
            means = [_number(group[structure][metric.name].mean) for group in (own, others)]
            figures = _number(difference.mean), _interval(difference.interval), _number(difference.p)
            counts = difference.better, difference.worse, difference.cases
            rows.append((_title(metric.name, unit), *means, *figures, *counts))
        head = [f"{structure}, means", evaluation.title, other.title, "difference", "95 % interval", "p (Wilcoxon)"]
        yield {"head": [*head, "better", "worse", "pairs"], "rows": rows}


def _charts(evaluation: Evaluation, cases: CaseList) -> Iterator[dict[str, str]]:
    union = structures(cases.labels)[0]
    values = [score.agreements[union].dice for score in evaluation.scores]
    low = max(0.0, math.floor(10 * min(values)) / 10) if values else 0.0
    yield {"picture": strip(values, low=min(low, 0.8), across="cases, worst first"), "caption": f"Dice of {union}"}
    curves = evaluation.curves
    if curves:
        for names, title in ((("Dice", "IoU"), "Dice and IoU"), (("Precision", "Recall"), "Precision and recall")):
            named = [(name, curves.thresholds.tolist(), getattr(curves, name.lower()).tolist()) for name in names]
            yield {"picture": lines(named, across="threshold"), "caption": f"{title} against the threshold"}
        reliable: list[Line] = [("share inside", curves.probability.tolist(), curves.observed.tolist())]
        text = (
            f"Reliability; expected calibration error {curves.ece:.4f}, of undecided voxels {curves.ece_undecided:.4f}"
        )
        yield {"picture": lines(reliable, across="probability stated", diagonal=True), "caption": text}


def _confusion(evaluation: Evaluation, cases: CaseList) -> dict[str, object] | None:
    """Return how often each label was taken for which, over all cases that distinguish them."""
    found = [score.confusion for score in evaluation.scores if score.confusion is not None]
    if not found:
        return None
    total = np.sum(found, axis=0)
    names = ["background", *cases.labels.values()]
    rows = []
    for value in range(1, len(names)):  # nearly all of the background is far from any label
        shares = 100 * total[value] / max(int(total[value].sum()), 1)
        rows.append([names[value], *(f"{share:.2f} %" for share in shares)])
    return {"head": ["voxels of the reference, as", *names], "rows": rows}


def _drawn(drawn: WorstSlice) -> dict[str, str]:
    """Return a picture of a slice with both outlines."""
    scale = SIDE / max(int(side) for side in drawn.grey.shape)
    size = round(drawn.grey.shape[1] * scale), round(drawn.grey.shape[0] * scale)
    outlines = [(drawn.reference, REFERENCE_COLOUR), (drawn.prediction, PREDICTION_COLOUR)]
    caption = f"{drawn.case}: Dice of this slice {dice(drawn.reference, drawn.prediction):.3f}"
    return {
        "case": drawn.case,
        "caption": caption,
        "source": data_uri(webp(draw_overlay(drawn.grey, outlines, size), lossless=True)),
    }


def _every_case(evaluation: Evaluation, cases: CaseList, fail_below: float) -> dict[str, object]:
    """Return a line a case with the figures that say most; all of them are in the CSV file."""
    names = scored_structures(evaluation, cases.labels)
    apart = names[1:] if len(names) <= MOST_APART else ()
    columns = ("dice", "iou", "hd95", "assd", "surface_dice_2", "volume_error_percent")
    unit = main_unit(evaluation.scores)
    head = ["case", *(_title(name, unit) for name in columns), *(f"Dice {name}" for name in apart)]
    head += ["parts of the reference", "parts found", *(["swapped"] if names[1:] else []), "warnings"]
    rows: list[list[str]] = []
    scores = sorted(evaluation.scores, key=lambda score: score.agreements[names[0]].dice)
    for score in scores:
        first = score.agreements[names[0]]
        cells = [_number(getattr(first, name)) for name in columns]
        cells += [_number(score.agreements[name].dice) if name in score.agreements else NONE for name in apart]
        cells += [_whole(first.reference_parts), _whole(first.prediction_parts)]
        cells += [_number(score.swapped)] if names[1:] else []
        cells.append(", ".join(([score.error] if score.error else []) + list(score.warnings)))
        rows.append([cases.names[score.id], *cells])
    bad = [number for number, score in enumerate(scores) if score.agreements[names[0]].dice < fail_below]
    return {"head": head, "rows": rows, "bad": bad}


def _notes(evaluation: Evaluation, other: Evaluation | None, cases: CaseList) -> Iterator[str]:
    yield from (note.message for note in cases.notes)
    for evaluated in (evaluation, other) if other else (evaluation,):
        title = f"{evaluated.title}: " if other else ""
        yield from (f"{title}{note.message}" for note in (*evaluated.notes, *unscored(evaluated.scores)))
        for time in evaluated.run_times:
            duration = f"{time.milliseconds:.1f} ms a slice" if time.milliseconds is not None else time.reason
            yield f"{title}Run time, {time.device}: {duration}"
    yield "Two empty masks agree fully; where one is empty, overlap is 0 and distances are infinite."
    yield "A case that could not be scored counts with overlap 0."
    yield "Surfaces as in DeepMind's surface-distance; intervals by bootstrap over patients."


def _interval(interval: Interval | None) -> str:
    return f"{_number(interval[0])} to {_number(interval[1])}" if interval else NONE


def _whole(value: int | None) -> str:
    return NONE if value is None else str(value)


def _number(value: float | None) -> str:
    if value is None:
        return NONE
    if not math.isfinite(value):
        return "∞"
    if value and abs(value) < 0.001:
        return f"{value:.1e}"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.1f}"
