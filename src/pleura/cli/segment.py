"""Mark the right (1) and the left (2) lung of each scan, on the scan's own grid.

Without OUTPUT the mask is named after the input and lies here: INPUT_lungs.nii.gz, or .png for a
picture. OUTPUT ends in .nii.gz, .nii, .nrrd, .mha, .dcm (a DICOM segmentation), or .png for one slice.
A DICOM object holds the patient's name and data, as the scan does; nothing else that is written or
printed holds them. Beside each mask a .json states how it was made. An earlier result of the same
scan is replaced, one of another scan only with --overwrite, and any other file never. A folder is one
scan for each study of CT slices in it, and one for each volume, picture or radiograph beside them,
subfolders included; a DICOMDIR is its folder.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pleura.cli.console import NOTHING_DONE, SOME_FAILED, WARNED, say, warn
from pleura.cli.json_errors import errors_as_json
from pleura.cli.numbers import share
from pleura.cli.paths import given_path, path
from pleura.cli.progress import is_watched, progress_bar
from pleura.cli.segment_options import SegmentOptions, add_segment_options, segmenter_options
from pleura.conventions import SEG_TYPES
from pleura.errors import InvalidOption

if TYPE_CHECKING:
    from pleura.batch.engine import BatchOptions
    from pleura.batch.plan import Job
    from pleura.batch.results import Outcome


@dataclass(frozen=True)
class Options(SegmentOptions):
    """What `pleura segment` is asked for; the fields are its arguments."""

    paths: Sequence[str]
    output: Path | None
    resume: bool
    table: Path | None
    json: bool
    fail_below: float | None
    open: bool


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.usage = "pleura segment [options] INPUT [OUTPUT]\n       pleura segment [options] INPUT... -o FOLDER"
    parser.add_argument(
        "paths", nargs="+", type=given_path, metavar="INPUT", help="folder of DICOM slices or images, or a file"
    )
    parser.add_argument("-o", "--output", type=path, metavar="PATH", help="file for one mask, or folder for many")
    parser.add_argument("--resume", action="store_true", help="skip scans whose result is there and up to date")
    parser.add_argument(
        "--table",
        type=path,
        metavar="FILE",
        help="add a row a scan, with all that is measured, to this .csv or .parquet",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a scan, and nothing else")
    parser.add_argument(
        "--fail-below", type=share, metavar="DICE", help="exit with 3 where a mask is expected to reach less; as 0.9"
    )
    parser.add_argument("--open", action="store_true", help="show the picture, or the report, when it is written")
    add_segment_options(parser)


def run(options: Options) -> int:
    """Segment every scan; a bad one does not stop the rest."""
    with errors_as_json(options.json):
        return _run(options)


def _run(options: Options) -> int:
    from pleura.batch.engine import segment_batch
    from pleura.batch.plan import plan
    from pleura.batch.table_file import TableFile, add_to_table
    from pleura.cli.outcome import report

    jobs = plan(options.paths, options.output, series=options.series, formats=options.to)
    if options.seg_type != SEG_TYPES[0] and not any(job.writes("dicom-seg") for job in jobs):
        raise InvalidOption("--seg-type is of a DICOM segmentation; add --to dicom-seg", code="seg-type-unused")
    if options.fail_below is not None:
        _check_quality_is_known(options)
    outcomes = segment_batch(jobs, segmenter_options(options), _batch_options(options, jobs))
    if options.table:
        outcomes = add_to_table(outcomes, TableFile(options.table))
    failed = warned = below = 0
    for outcome in _with_bar(outcomes, len(jobs), options.quiet):
        prefix = f"{outcome.number}/{len(jobs)}: {outcome.job.named}: " if len(jobs) > 1 else ""
        report(outcome, prefix, as_json=options.json, quiet=options.quiet, debug=options.debug)
        failed += outcome.error is not None
        warned += bool(outcome.warnings)
        below += _falls_below(outcome, options.fail_below)
    if len(jobs) > 1 and not (options.json or options.quiet):
        say(f"{len(jobs) - failed} of {len(jobs)} segmented")
    if options.open and failed < len(jobs):
        _open(options, jobs)
    if failed:
        return NOTHING_DONE if failed == len(jobs) else SOME_FAILED
    return WARNED if below or (warned and options.fail_on_warning) else 0


def _check_quality_is_known(options: Options) -> None:
    """Raise `InvalidOption` where no Dice will be expected that could lie below what is asked for."""
    from pleura.inference.bundle import load_bundle
    from pleura.quality.calibration import is_calibrated

    if options.quality == "off":
        raise InvalidOption("--fail-below needs the quality; leave out --quality off", code="quality-off")
    if options.model is not None and not is_calibrated(load_bundle(options.model).sha256):
        text = f"--fail-below: no Dice is expected of masks by {options.model}; go by the verdict in their JSON"
        raise InvalidOption(text, code="quality-unknown")


def _batch_options(options: Options, jobs: Sequence[Job]) -> BatchOptions:
    """Return what is written.

    Raises
    ------
    InvalidOption
        There will be nothing to open (`nothing-to-open`).
    """
    from pleura.batch.engine import BatchOptions

    preview = options.preview
    if options.open and not (options.report or (options.pdf and len(jobs) == 1)):
        if len(jobs) > 1 or preview is False:
            text = "--open shows the picture of one scan, or reports: add --report, or leave out --no-preview"
            raise InvalidOption(text, code="nothing-to-open")
        preview = True
    if preview is None:
        preview = len(jobs) == 1 and sys.stdout.isatty() and _is_free(jobs[0].preview)
    return BatchOptions(
        preview=preview,
        report=options.report,
        pdf=options.pdf,
        resume=options.resume,
        overwrite=options.overwrite,
        seg_type=options.seg_type,
        measure=options.table is not None,
    )


def _is_free(picture: Path) -> bool:
    """Say whether a picture that nobody asked for may be written: never over a file that is not ours."""
    from pleura.writing import is_pleura_output

    return not picture.exists() or is_pleura_output(picture)


def _open(options: Options, jobs: Sequence[Job]) -> None:
    """Show the index of several scans, the report of one, as a page or as PDF, or else its picture."""
    from pleura.cli.viewer import open_file
    from pleura.reporting.index import INDEX

    if len(jobs) > 1:
        open_file(jobs[0].stem.parent / INDEX)
    else:
        job = jobs[0]
        open_file(job.page if options.report else job.pdf if options.pdf else job.preview)


def _falls_below(outcome: Outcome, least: float | None) -> bool:
    """Say whether a mask is not expected to reach `least`, and print why."""
    from pleura.cli.outcome import shortfall

    if least is None or outcome.error is not None:
        return False
    reason = shortfall(outcome.quality, least)
    if reason is not None:
        warn(f"{outcome.job.named}: {reason} (--fail-below)")
    return reason is not None


def _with_bar(outcomes: Iterator[Outcome], count: int, quiet: bool) -> Iterator[Outcome]:
    """Yield the outcomes, with a progress bar where there is more than one and somebody is watching."""
    if count < 2 or quiet or not is_watched():
        yield from outcomes
        return
    with progress_bar() as move:
        move(0, count, "segmenting")
        for outcome in outcomes:
            yield outcome
            move(outcome.number, count, "segmenting")
