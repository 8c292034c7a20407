"""An evaluation as one HTML page that holds everything: no script, no other file. Cases are named as their files."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from html import escape

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
from pleura.text import quantity

STYLE = """
:root{--ink:#20242a;--soft:#69707a;--line:#e3e6ea}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);max-width:1080px;margin:2.5rem auto;padding:0 1.2rem}
h1,h2,p,th,td:first-child,.warnings,figcaption{overflow-wrap:anywhere}
h1{font-size:1.7rem;margin:0 0 .2rem}h2{font-size:1.15rem;margin:2.2rem 0 .6rem}
p{margin:.3rem 0}.soft{color:var(--soft)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.9rem}
th,td{text-align:right;padding:.28rem .5rem;border-bottom:1px solid var(--line);vertical-align:top}
th:first-child,td:first-child{text-align:left}th{font-weight:600;color:var(--soft)}
.cases{font-size:.8rem}.cases th,.cases td{padding:.22rem .3rem}
@media(max-width:700px){body{padding:0 .5rem}table{font-size:.62rem}.cases{font-size:.5rem}
th,td,.cases th,.cases td{padding:.15rem .12rem}}
.row{display:flex;flex-wrap:wrap;gap:1.4rem}.row figure{flex:1 1 320px;max-width:400px;margin:0}
.worst figure{flex:0 1 240px}figure img{width:100%;image-rendering:auto;background:#000}
figcaption,.small{font-size:.8rem;fill:var(--soft);color:var(--soft)}
.grid{stroke:var(--line);fill:none}.bad{color:#b3261e}
.right{color:#c89b00}.pred{color:#c8443a}.warnings{text-align:left}
@media print{body{margin:0;max-width:none}h2{break-after:avoid}figure,tr{break-inside:avoid}}
"""

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
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Evaluation</title><style>{STYLE}</style>",
        f"<h1>{escape(evaluation.title)}{f', and {escape(other.title)}' if other else ''}</h1>",
        _head(evaluation, other, cases, fail_below),
        _summary(evaluation, cases),
        _compared(evaluation, other, cases) if other else "",
        _charts(evaluation, cases),
        _confusion(evaluation, cases),
        _drawn_slices(worst),
        _table(evaluation, cases, fail_below),
        _notes(evaluation, other, cases),
    ]
    return "".join(parts) + "</html>\n"


def _head(evaluation: Evaluation, other: Evaluation | None, cases: CaseList, fail_below: float) -> str:
    patients = len({score.patient for score in evaluation.scores})
    convention = f", masks {escape(evaluation.model['convention'])}" if "convention" in evaluation.model else ""
    compared = (evaluation, other) if other else (evaluation,)
    failures = [_failures(evaluated, cases, fail_below, named=len(compared) > 1) for evaluated in compared]
    counted = f"{quantity(len(evaluation.scores), 'case')} of {quantity(patients, 'patient')}"
    return f"<p class=soft>pleura {__version__}, {counted}{convention}</p>" + "".join(failures)


def _failures(evaluation: Evaluation, cases: CaseList, fail_below: float, *, named: bool) -> str:
    union = structures(cases.labels)[0]
    rate = failure_rate(evaluation.scores, union, fail_below)
    failed = sum(score.error is not None for score in evaluation.scores)
    return (
        f"<p>{f'{escape(evaluation.title)}: ' if named else ''}Dice of {escape(union)} below {fail_below:g} in "
        f"<b>{100 * rate:.1f} %</b> of the cases"
        f"{f', <b class=bad>{failed} could not be scored</b>' if failed else ''}.</p>"
    )


def _summary(evaluation: Evaluation, cases: CaseList) -> str:
    unit = main_unit(evaluation.scores)
    blocks = [f"<h2>Summary of {escape(evaluation.title)}</h2>"]
    for structure, found in summaries(evaluation, cases.labels).items():
        rows = [_summary_row(_title(metric.name, unit), found[metric.name]) for metric in METRICS]
        head = "<tr><th>" + "<th>".join(
            (escape(structure), "median", "mean", "95 % interval of the mean", "worst 5 %", "worst", "cases")
        )
        blocks.append(f"<table>{head}{''.join(row for row in rows if row)}</table><p></p>")
    return "".join(blocks)


def _title(name: str, unit: str) -> str:
    metric = next(metric for metric in METRICS if metric.name == name)
    if name.startswith("surface_dice"):
        return f"{metric.title} {unit}"
    measured_in = unit if metric.unit == "length" else metric.unit
    return f"{metric.title}, {measured_in}" if measured_in else metric.title


def _summary_row(title: str, summary: Summary) -> str:
    if not summary.cases:
        return ""
    infinite = f" ({summary.infinite} infinite)" if summary.infinite else ""
    cells = (
        title,
        _number(summary.median),
        _number(summary.mean),
        _interval(summary.interval),
        _number(summary.worst_5_percent),
    )
    return "<tr><td>" + "<td>".join((*cells, _number(summary.worst), f"{summary.cases}{infinite}"))


def _compared(evaluation: Evaluation, other: Evaluation, cases: CaseList) -> str:
    """Return the means of both sets of predictions side by side, and how the second differs from the first."""
    unit = main_unit(evaluation.scores)
    first, second = escape(evaluation.title), escape(other.title)
    blocks = [f"<h2>{second} against {first}</h2>"]
    own, others = summaries(evaluation, cases.labels), summaries(other, cases.labels)
    for structure, found in differences(evaluation, other, cases.labels).items():
        rows = []
        for metric in METRICS:
            difference = found[metric.name]
            if not difference.cases:
                continue
            interval = _interval(difference.interval)
            means = [_number(group[structure][metric.name].mean) for group in (own, others)]
            cells = (_title(metric.name, unit), *means, _number(difference.mean), interval, _number(difference.p))
            rows.append(
                "<tr><td>" + "<td>".join((*cells, str(difference.better), str(difference.worse), str(difference.cases)))
            )
        titles = [f"{escape(structure)}, means", first, second, "difference", "95 % interval", "p (Wilcoxon)"]
        titles += ["better", "worse", "pairs"]
        blocks.append(f"<table><tr><th>{'<th>'.join(titles)}{''.join(rows)}</table><p></p>")
    return "".join(blocks)


def _charts(evaluation: Evaluation, cases: CaseList) -> str:
    union = structures(cases.labels)[0]
    values = [score.agreements[union].dice for score in evaluation.scores]
    low = max(0.0, math.floor(10 * min(values)) / 10) if values else 0.0
    figures = [_figure(strip(values, low=min(low, 0.8), across="cases, worst first"), f"Dice of {union}")]
    curves = evaluation.curves
    if curves:
        for names, title in ((("Dice", "IoU"), "Dice and IoU"), (("Precision", "Recall"), "Precision and recall")):
            named = [(name, curves.thresholds.tolist(), getattr(curves, name.lower()).tolist()) for name in names]
            figures.append(_figure(lines(named, across="threshold"), f"{title} against the threshold"))
        reliable: list[Line] = [("share inside", curves.probability.tolist(), curves.observed.tolist())]
        text = (
            f"Reliability; expected calibration error {curves.ece:.4f}, of undecided voxels {curves.ece_undecided:.4f}"
        )
        figures.append(_figure(lines(reliable, across="probability stated", diagonal=True), text))
    return f"<h2>Curves</h2><div class=row>{''.join(figures)}</div>"


def _confusion(evaluation: Evaluation, cases: CaseList) -> str:
    """Return how often each label was taken for which, over all cases that distinguish them."""
    found = [score.confusion for score in evaluation.scores if score.confusion is not None]
    if not found:
        return ""
    total = np.sum(found, axis=0)
    names = [escape(name) for name in ("background", *cases.labels.values())]
    rows = []
    for value in range(1, len(names)):  # nearly all of the background is far from any label
        shares = 100 * total[value] / max(int(total[value].sum()), 1)
        rows.append(f"<tr><td>{names[value]}<td>" + "<td>".join(f"{share:.2f} %" for share in shares))
    head = f"<tr><th>voxels of the reference, as<th>{'<th>'.join(names)}"
    return f"<h2>What was taken for what</h2><table>{head}{''.join(rows)}</table>"


def _figure(picture: str, caption: str) -> str:
    return f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>"


def _drawn_slices(worst: Sequence[WorstSlice]) -> str:
    if not worst:
        return ""
    figures = []
    for drawn in worst:
        data = base64.b64encode(_png(drawn)).decode()
        caption = f"{drawn.case}: Dice of this slice {dice(drawn.reference, drawn.prediction):.3f}"
        figures.append(_figure(f'<img alt="" src="data:image/png;base64,{data}">', caption))
    legend = "<p class=soft>Reference in <b class=right>yellow</b>, prediction in <b class=pred>red</b>.</p>"
    return f'<h2>Worst cases, where they disagree most</h2>{legend}<div class="row worst">{"".join(figures)}</div>'


def _png(drawn: WorstSlice) -> bytes:
    """Return a PNG of the slice with both outlines."""
    scale = SIDE / max(int(side) for side in drawn.grey.shape)
    size = round(drawn.grey.shape[1] * scale), round(drawn.grey.shape[0] * scale)
    outlines = [(drawn.reference, REFERENCE_COLOUR), (drawn.prediction, PREDICTION_COLOUR)]
    file = io.BytesIO()
    draw_overlay(drawn.grey, outlines, size).save(file, format="PNG", optimize=True)
    return file.getvalue()


def _table(evaluation: Evaluation, cases: CaseList, fail_below: float) -> str:
    """Return a line a case with the figures that say most; all of them are in the CSV file."""
    names = scored_structures(evaluation, cases.labels)
    apart = names[1:] if len(names) <= MOST_APART else ()
    columns = ("dice", "iou", "hd95", "assd", "surface_dice_2", "volume_error_percent")
    unit = main_unit(evaluation.scores)
    head = "".join(f"<th>{_title(name, unit)}" for name in columns)
    head += "".join(f"<th>Dice {escape(name)}" for name in apart)
    head += "<th>parts of the reference<th>parts found" + ("<th>swapped" if names[1:] else "")
    rows = []
    for score in sorted(evaluation.scores, key=lambda score: score.agreements[names[0]].dice):
        first = score.agreements[names[0]]
        cells = [_number(getattr(first, name)) for name in columns]
        cells += [_number(score.agreements[name].dice) if name in score.agreements else NONE for name in apart]
        cells += [_whole(first.reference_parts), _whole(first.prediction_parts)]
        cells += [_number(score.swapped)] if names[1:] else []
        warnings = escape(", ".join(([score.error] if score.error else []) + list(score.warnings)))
        bad = " class=bad" if first.dice < fail_below else ""
        rows.append(
            f"<tr><td{bad}>{escape(cases.names[score.id])}<td>{'<td>'.join(cells)}<td class=warnings>{warnings}"
        )
    head = f"<tr><th>case{head}<th class=warnings>warnings"
    return f"<h2>Every case, worst first</h2><table class=cases>{head}{''.join(rows)}</table>"


def _notes(evaluation: Evaluation, other: Evaluation | None, cases: CaseList) -> str:
    lines_of_text = [escape(note.message) for note in cases.notes]
    for evaluated in (evaluation, other) if other else (evaluation,):
        title = f"{escape(evaluated.title)}: " if other else ""
        notes = (*evaluated.notes, *unscored(evaluated.scores))
        lines_of_text += [f"{title}{escape(note.message)}" for note in notes]
        for time in evaluated.run_times:
            duration = f"{time.milliseconds:.1f} ms a slice" if time.milliseconds is not None else time.reason
            lines_of_text.append(f"{title}Run time, {time.device}: {duration}")
    lines_of_text += [
        "Two empty masks agree fully; where one is empty, overlap is 0 and distances are infinite.",
        "A case that could not be scored counts with overlap 0.",
        "Surfaces as in DeepMind's surface-distance; intervals by bootstrap over patients.",
    ]
    return f"<h2>Notes</h2><p class=soft>{'<br>'.join(lines_of_text)}</p>"


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
