"""Evaluate predictions or a model: from cases to every figure of every case, their summary and their curves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pleura.errors import PleuraError
from pleura.evaluation.cases import Case, CaseList
from pleura.evaluation.masks import AlignedMasks, align, as_label_map, read_mask, read_pair
from pleura.evaluation.runtime import RunTime, run_times
from pleura.evaluation.scoring import Score, failed, score_masks, structures
from pleura.evaluation.statistics import METRICS, Difference, Summary, column, compare, summarise
from pleura.evaluation.thresholds import Counts, Curves, count_by_probability, threshold_curves
from pleura.inference.bundle import Bundle
from pleura.inference.recipe import hash_in_short
from pleura.reading import read
from pleura.segmentation import Provenance
from pleura.segmenter import Segmenter
from pleura.text import quantity
from pleura.volume import Note, Volume

Progress = Callable[[int, int], None]
"""Called with the number of cases done and of all cases."""

TIMED = 5
"""Scans on which run time is measured."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The scores of one set of predictions, and what they were made by.

    Attributes
    ----------
    scores : a case each, in the order of the cases
    curves : over thresholds, where a model gave probabilities; else None
    run_times : by device, where a model ran
    model : name, version and hash of the model, where there was one, and the convention it was asked to follow
    title : what people know the predictions by: the model's name and version, or their folder
    notes : what makes the figures better than they would be on other cases
    """

    scores: tuple[Score, ...]
    curves: Curves | None = None
    run_times: tuple[RunTime, ...] = ()
    model: Mapping[str, str] = field(default_factory=dict)
    title: str = "predictions"
    notes: tuple[Note, ...] = ()


def evaluate_files(
    cases: CaseList, on_progress: Progress = lambda _done, _count: None, *, title: str = "predictions"
) -> Evaluation:
    """Score predictions that lie in files; a missing one, or one that cannot be read, counts as found nothing."""
    scores: list[Score] = []
    notes: list[Note] = []
    for number, case in enumerate(cases.cases, start=1):
        score, of_masks = _scored(case, cases.labels)
        scores.append(score)
        notes += of_masks
        on_progress(number, len(cases.cases))
    return Evaluation(tuple(scores), title=title, notes=_counted(notes, len(scores)))


def _scored(case: Case, labels: Mapping[int, str]) -> tuple[Score, tuple[Note, ...]]:
    """Return the score of a case, and what is to be said of how its masks were read."""
    names = structures(labels, sides=case.sides)
    if case.prediction is None:
        return failed(case.id, case.patient, names, "no-prediction"), ()
    try:
        masks = read_pair(case.reference, case.prediction)
        aligned = align(*masks, case.spacing)
    except PleuraError as error:
        return failed(case.id, case.patient, names, error.code, str(error)), ()
    notes = tuple({note.code: note for mask in masks for note in mask.notes if not mask.is_picture}.values())
    return _score(case, aligned, labels, [note.code for note in notes]), notes


def _counted(notes: Sequence[Note], count: int) -> tuple[Note, ...]:
    """Return each kind of note once, with what the first says and in how many cases there is one."""
    first, found = {note.code: note for note in reversed(notes)}, Counter(note.code for note in notes)
    of_all = "" if count == 1 else f" of {quantity(count, 'case')}; of the first"
    return tuple(
        Note(code, first[code].message if count == 1 else f"{found[code]}{of_all}: {first[code].message}")
        for code in sorted(found)
    )


def _score(case: Case, aligned: AlignedMasks, labels: Mapping[int, str], warnings: Sequence[str] = ()) -> Score:
    found, confusion = score_masks(aligned, labels, sides=case.sides)
    return Score(case.id, case.patient, aligned.unit, found, confusion, tuple(warnings))


def evaluate_model(
    cases: CaseList, segmenter: Segmenter, model: str | Path | None, on_progress: Progress = lambda _done, _count: None
) -> Evaluation:
    """Segment every case with a model and score what comes out; a refused scan counts as found nothing."""
    scores, counts = [], []
    used: dict[str, Mapping[str, object]] = {}
    timed: list[Volume] = []
    for number, case in enumerate(cases.cases, start=1):
        score, histogram, volume, provenance = _segmented(case, segmenter, cases.labels)
        used |= {str(model["sha256"]): model for model in [provenance.get("model")] if model}
        scores.append(score)
        counts += [histogram] if histogram is not None else []
        if volume is not None and len(timed) < TIMED:
            timed.append(volume)
        on_progress(number, len(cases.cases))
    bundle = segmenter.bundle
    models = list(used.values()) or [{"name": bundle.name, "version": bundle.version, "sha256": bundle.sha256}]
    # without a model that was chosen, radiographs and CT have one each
    about = {name: " and ".join(str(model[name]) for model in models) for name in ("name", "version", "sha256")}
    about |= {"convention": segmenter.convention} if segmenter.convention else {}
    title = " and ".join(f"{model['name']} {model['version']}" for model in models)
    return Evaluation(
        tuple(scores), threshold_curves(counts), run_times(model, timed), about, title, seen_before(cases, bundle)
    )


def seen_before(cases: CaseList, bundle: Bundle) -> tuple[Note, ...]:
    """Return a note for each use that a model has made of the cases, by the hashes that its recipe keeps."""
    name, cases_text = bundle.name, quantity(len(cases.cases), "case")
    seen = {part: set(bundle.cases.get(part, ())) for part in ("train", "val")}
    used = {part: len([case for case in cases.cases if hash_in_short(case.pixels) in seen[part]]) for part in seen}
    notes = []
    if used["train"]:
        text = f"{name} was trained on {used['train']} of {cases_text}: the figures do not hold for other images"
        notes.append(Note("train-cases-seen", f"{text}; evaluate on a part that it has never seen"))
    if used["val"]:
        text = f"{name} was chosen by {used['val']} of {cases_text}: the figures are a little too good"
        notes.append(Note("val-cases-seen", f"{text}; evaluate on a part that it has never seen"))
    return tuple(notes)


def _segmented(
    case: Case, segmenter: Segmenter, labels: Mapping[int, str]
) -> tuple[Score, Counts | None, Volume | None, Provenance]:
    case = replace(case, sides=case.sides and segmenter.bundle.labels == tuple(labels.values()))
    names = structures(labels, sides=case.sides)
    assert case.image is not None  # a manifest states it
    try:
        volume = read(case.image)
        result, probability = segmenter.with_probability(volume)
        aligned = align(read_mask(case.reference), as_label_map(result.labels, volume), case.spacing)
        probability = aligned.turned(probability)
    except PleuraError as error:
        return failed(case.id, case.patient, names, error.code, str(error)), None, None, {}
    warnings = [note.code for note in result.warnings]
    inside = (aligned.reference > 0).reshape(probability.shape)
    return (
        _score(case, aligned, labels, warnings),
        count_by_probability(probability, inside),
        volume,
        result.provenance,
    )


def scored_structures(evaluation: Evaluation, labels: Mapping[int, str]) -> tuple[str, ...]:
    """Return the names of what was scored in one case at least: all labels together first."""
    return tuple(name for name in structures(labels) if any(name in score.agreements for score in evaluation.scores))


def summaries(evaluation: Evaluation, labels: Mapping[int, str]) -> dict[str, dict[str, Summary]]:
    """Return the summary of each figure, by structure and by name."""
    unit = main_unit(evaluation.scores)
    found = {}
    for structure in scored_structures(evaluation, labels):
        columns = {metric.name: column(evaluation.scores, structure, metric.name, unit) for metric in METRICS}
        found[structure] = {metric.name: summarise(*columns[metric.name], metric.better) for metric in METRICS}
    return found


def differences(first: Evaluation, second: Evaluation, labels: Mapping[int, str]) -> dict[str, dict[str, Difference]]:
    """Return how the second set of predictions differs from the first, by structure and figure."""
    unit = main_unit(first.scores)
    return {
        structure: {metric.name: compare(first.scores, second.scores, structure, metric, unit) for metric in METRICS}
        for structure in scored_structures(first, labels)
        if structure in scored_structures(second, labels)
    }


def main_unit(scores: Sequence[Score]) -> str:
    """Return the unit of most cases, in which distances are summed up."""
    units = [score.unit for score in scores if not score.error]
    return max(("mm", "px"), key=units.count)


def unscored(scores: Sequence[Score]) -> tuple[Note, ...]:
    """Return a note that counts the cases that could not be scored, by reason; none where all could be."""
    reasons = Counter(score.error for score in scores if score.error)
    if not reasons:
        return ()
    listed = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
    text = f"{reasons.total()} of {quantity(len(scores), 'case')} could not be scored and"
    end = "counts" if reasons.total() == 1 else "count"
    return (Note("not-scored", f"{text} {end} with overlap 0: {listed}"),)


def failure_rate(scores: Sequence[Score], structure: str, below: float) -> float:
    """Return the share of cases whose Dice is below a limit; cases that could not be scored among them."""
    values = [score.agreements[structure].dice for score in scores if structure in score.agreements]
    return sum(value < below for value in values) / len(values) if values else 0.0
