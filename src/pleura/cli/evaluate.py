"""Say how well masks agree with references: Dice, IoU, distances, volumes, by case and over all.

REFERENCES and PREDICTIONS are two folders whose files have the same names, or two files. With a
data set (a folder with manifest.jsonl) in place of REFERENCES, a model segments its images:
the shipped one, or --model; of a folder with images/ and masks/ that was not prepared, all of them.
Prints a table; -o FOLDER keeps report.json, cases.csv, report.html.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pleura.cli.console import say, warn
from pleura.cli.paths import given_name, path
from pleura.cli.progress import counted
from pleura.cli.scan_options import add_scan_options
from pleura.conventions import Convention, Modality
from pleura.errors import UnsuitableInput
from pleura.text import quantity

if TYPE_CHECKING:
    from pleura.evaluation.cases import CaseList
    from pleura.evaluation.run import Evaluation
    from pleura.segmenter import Segmenter


@dataclass(frozen=True)
class Options:
    """What `pleura evaluate` is asked for; the fields are its arguments."""

    references: Path
    predictions: Path | None
    model: str | None
    split: str
    compare: Path | None
    fail_below: float
    modality: Modality
    convention: Convention
    output: Path | None
    quiet: bool


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.add_argument("references", type=path, metavar="REFERENCES", help="folder or file of masks, or a data set")
    parser.add_argument("predictions", type=path, nargs="?", metavar="PREDICTIONS", help="folder or file of masks")
    parser.add_argument(
        "--model", type=given_name, metavar="BUNDLE", help="segment the images of the data set with this one"
    )
    parser.add_argument("--split", default="val", metavar="NAME", help="part of the data set; val by default")
    parser.add_argument("--compare", type=path, metavar="OTHER", help="a second folder of masks, or a second model")
    parser.add_argument(
        "--fail-below",
        type=float,
        default=0.9,
        metavar="DICE",
        help="count cases below this as failures; 0.9 by default",
    )
    add_scan_options(parser, default="; as the data set states by default")
    parser.add_argument("-o", "--output", type=path, metavar="FOLDER", help="keep the report here")
    parser.add_argument("--quiet", action="store_true", help="print warnings and errors only")


def run(options: Options) -> int:
    """Evaluate, print the summary, and write the report where asked for."""
    if options.predictions and options.model:
        text = "give PREDICTIONS or --model, not both; --compare takes a second set of either"
        raise UnsuitableInput(text, code="no-pairs")
    with _dataset(options) as references:
        _evaluate(replace(options, references=references))
    return 0


@contextmanager
def _dataset(options: Options) -> Iterator[Path]:
    """Give the references; a folder of images and masks becomes a data set for as long, all of it of the split."""
    from pleura.datasets.manifest import is_dataset
    from pleura.preparation.unprepared import is_unprepared, temporary_dataset

    references = options.references
    if options.predictions:
        masks = references / "masks"  # of a folder as it was collected
        yield masks if masks.is_dir() and not is_dataset(references) else references
    elif not is_unprepared(references):
        yield references
    else:
        with temporary_dataset(references, options.split) as (folder, report):
            if report.refused:
                text = f"of {references} {quantity(len(report.refused), 'file was', 'files were')} left out"
                warn(f"{text}; pleura prepare {references} DATASET says why")
            yield folder


def _evaluate(options: Options) -> None:
    from pleura.evaluation.cases import find_cases
    from pleura.evaluation.run import unscored
    from pleura.evaluation.worst_slices import find_worst_slices
    from pleura.files import make_folder
    from pleura.reporting.files import write_report

    cases = find_cases(options.references, options.predictions, split=options.split)
    if options.output:
        make_folder(options.output)
    first, segmenter = _evaluated(cases, options.predictions, options.model, options)
    second = _second(cases, options.compare, options) if options.compare else None
    if second and second.title == first.title:  # two of one name: distinguished by where they lie
        second = replace(second, title=f"{second.title} ({options.compare})")
    if not options.quiet:
        _tell(first, second, cases, options.fail_below)
    _warn_of(first, cases)
    if second:
        for note in (*second.notes, *unscored(second.scores)):
            warn(f"{second.title}: {note.message}")
    if options.output:
        worst = find_worst_slices(first, cases, segmenter)
        write_report(options.output, first, cases, worst, fail_below=options.fail_below, other=second)
        if not options.quiet:
            say(f"written: {options.output / 'report.html'}, report.json and cases.csv beside it")
    _require_scores(first)


def _warn_of(evaluation: Evaluation, cases: CaseList) -> None:
    """Print what was left out, and in words why the first case could not be scored."""
    from pleura.evaluation.run import unscored

    for note in (*cases.notes, *evaluation.notes, *unscored(evaluation.scores)):
        warn(note.message)
    if reasons := [f"{cases.names[score.id]}: {score.reason}" for score in evaluation.scores if score.reason]:
        warn(f"{'the first, ' if len(reasons) > 1 else ''}{reasons[0]}")


def _require_scores(evaluation: Evaluation) -> None:
    if all(score.error for score in evaluation.scores):
        raise UnsuitableInput("not one case could be scored", code="no-pairs")


def _evaluated(
    cases: CaseList, predictions: Path | None, model: str | Path | None, options: Options
) -> tuple[Evaluation, Segmenter | None]:
    from pleura.evaluation.run import evaluate_files, evaluate_model
    from pleura.segmenter import Segmenter

    with counted("evaluating", options.quiet) as tell:
        if predictions:
            return evaluate_files(cases, tell, title=str(predictions)), None
        # What a data set states is any text; Segmenter refuses what is no convention.
        convention = cast(Convention, options.convention or _stated(cases, model))
        segmenter = Segmenter(model=model, modality=options.modality, convention=convention)
        return evaluate_model(cases, segmenter, model, tell), segmenter


def _stated(cases: CaseList, model: str | Path | None) -> str:
    """Return the convention that the data set states, if the model takes one."""
    from pleura.inference.bundle import load_bundle

    known = model is None or cases.convention in load_bundle(model).conventions
    return cases.convention if known else ""


def _second(cases: CaseList, compare: Path, options: Options) -> Evaluation:
    """Return the second set of predictions, scored on the same cases."""
    from pleura.evaluation.cases import find_cases, with_predictions
    from pleura.inference.bundle import SHIPPED

    if str(compare) in SHIPPED or (compare / "recipe.json").is_file():
        return _evaluated(cases, None, compare, options)[0]
    others = find_cases(options.references, compare, split=options.split)
    return _evaluated(replace(cases, cases=with_predictions(cases.cases, others.cases)), compare, None, options)[0]


def _tell(first: Evaluation, second: Evaluation | None, cases: CaseList, fail_below: float) -> None:
    from pleura.evaluation.run import differences
    from pleura.evaluation.scoring import structures

    patients = len({score.patient for score in first.scores})
    say(f"{quantity(len(first.scores), 'case')} of {quantity(patients, 'patient')}")
    _tell_of(first, cases, fail_below)
    if second:
        _tell_of(second, cases, fail_below)
        union = structures(cases.labels)[0]
        found = differences(first, second, cases.labels)[union]["dice"]
        say(
            f"{second.title} against {first.title}: Dice of {union} {_cell(found.mean, 0, sign='+')} on "
            f"{found.cases} pairs, p = {_p_value(found.p)} (Wilcoxon), better in {found.better}, worse in {found.worse}"
        )


def _tell_of(evaluation: Evaluation, cases: CaseList, fail_below: float) -> None:
    """Print the figures of one set of predictions."""
    from pleura.evaluation.run import failure_rate, main_unit, summaries
    from pleura.evaluation.scoring import structures

    unit = main_unit(evaluation.scores)
    union = structures(cases.labels)[0]
    say(evaluation.title)
    if "convention" in evaluation.model:
        say(f"masks of radiographs: {evaluation.model['convention']}")
    say(f"{'':24}{'Dice':>8}{'worst':>8}{'IoU':>8}{'HD95 ' + unit:>10}{'ASSD ' + unit:>10}{'volume %':>10}")
    for structure, found in summaries(evaluation, cases.labels).items():
        values = [found["dice"].mean, found["dice"].worst, found["iou"].mean]
        values += [found[name].mean for name in ("hd95", "assd", "volume_error_percent")]
        widths = (8, 8, 8, 10, 10, 10)
        cells = [_cell(value, width) for value, width in zip(values, widths, strict=True)]
        say(f"{structure[:24]:24}{''.join(cells)}")
    rate = 100 * failure_rate(evaluation.scores, union, fail_below)
    say(f"Dice of {union} below {fail_below:g}: {rate:.1f} % of the cases")
    for one in evaluation.run_times:
        speed = f"{one.milliseconds:.1f} ms a slice" if one.milliseconds is not None else f"not measured, {one.reason}"
        say(f"run time, {one.device}: {speed}")


def _cell(value: float | None, width: int, sign: str = "") -> str:
    if value is None:
        return f"{'-':>{width}}"
    return f"{value:{sign}{width}.{4 if abs(value) < 2 else 2}f}" if width else f"{value:{sign}.4f}"


def _p_value(p: float | None) -> str:
    return "-" if p is None else f"{p:.2g}"
