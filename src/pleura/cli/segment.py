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

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pleura.cli.console import NOTHING_DONE, SOME_FAILED, WARNED, say
from pleura.cli.format_names import given_formats
from pleura.cli.numbers import share, whole_number
from pleura.cli.paths import given_name, given_path, path
from pleura.cli.progress import is_watched, progress_bar
from pleura.cli.scan_options import add_scan_options
from pleura.conventions import (
    BACKENDS,
    DEVICES,
    FORMAT_NAMES,
    QUALITY_MODES,
    SEG_TYPES,
    BackendName,
    Convention,
    Device,
    MaskFormat,
    Modality,
    QualityMode,
    SegType,
)
from pleura.errors import InvalidOption, PleuraError

if TYPE_CHECKING:
    from pleura.batch.results import Outcome


@dataclass(frozen=True)
class Options:
    """What `pleura segment` is asked for; the fields are its arguments."""

    paths: Sequence[str]
    output: Path | None
    series: str | None
    resume: bool
    overwrite: bool
    to: Sequence[MaskFormat]
    seg_type: SegType
    preview: bool
    table: Path | None
    json: bool
    quiet: bool
    fail_on_warning: bool
    quality: QualityMode
    fail_below: float | None
    modality: Modality
    convention: Convention
    model: str | None
    backend: BackendName
    device: Device
    threads: int | None
    debug: bool


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.usage = "pleura segment [options] INPUT [OUTPUT]\n       pleura segment [options] INPUT... -o FOLDER"
    parser.add_argument(
        "paths", nargs="+", type=given_path, metavar="INPUT", help="folder of DICOM slices or images, or a file"
    )
    parser.add_argument("-o", "--output", type=path, metavar="PATH", help="file for one mask, or folder for many")
    parser.add_argument(
        "--series",
        type=given_name,
        metavar="KEY",
        help="which of several series: its number, a part of its description, its UID; or all",
    )
    parser.add_argument("--resume", action="store_true", help="skip scans whose result is there and up to date")
    parser.add_argument("--overwrite", action="store_true", help="replace results of other inputs, and changed masks")
    parser.add_argument(
        "--to",
        type=given_formats,
        default=(),
        metavar="FORMATS",
        help=f"what to write, one or several with commas between: {', '.join(FORMAT_NAMES)}",
    )
    parser.add_argument("--seg-type", choices=SEG_TYPES, default=SEG_TYPES[0], help="how dicom-seg holds a mask")
    parser.add_argument("--preview", action="store_true", help="write a picture of the result beside the mask")
    parser.add_argument(
        "--table", type=path, metavar="FILE", help="add a row for each scan, with all that is measured, to this .csv"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a scan, and nothing else")
    parser.add_argument("--quiet", action="store_true", help="print warnings and errors only")
    parser.add_argument("--fail-on-warning", action="store_true", help="exit with 3 where a mask has a warning")
    _add_quality_options(parser)
    add_scan_options(parser, default=": each lung to the spine (the default), or the lung fields only")
    _add_model_options(parser)


def _add_quality_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--quality",
        choices=QUALITY_MODES,
        default="fast",
        help="how masks are judged: with a second look of the network (full), without (fast), or not at all",
    )
    parser.add_argument(
        "--fail-below", type=share, metavar="DICE", help="exit with 3 where a mask is expected to reach less; as 0.9"
    )


def _add_model_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--model", type=given_name, metavar="BUNDLE", help="folder of another model, or the name of a shipped one"
    )
    parser.add_argument("--backend", choices=BACKENDS, default="auto", help="what runs the network")
    parser.add_argument(
        "--device",
        choices=DEVICES,
        default="auto",
        help="where it runs; cuda and mps with torch",
    )
    parser.add_argument(
        "--threads", type=whole_number, metavar="N", help="processor threads; one a core by default, never more"
    )


def run(options: Options) -> int:
    """Segment every scan; a bad one does not stop the rest."""
    from pleura.batch.results import error_data

    try:
        return _run(options)
    except PleuraError as error:
        if options.json:
            say(json.dumps(error_data(error)))
        raise


def _run(options: Options) -> int:
    from pleura.batch.engine import BatchOptions, SegmenterOptions, segment_batch
    from pleura.batch.plan import plan
    from pleura.batch.table_file import TableFile, add_to_table
    from pleura.cli.outcome import report

    jobs = plan(options.paths, options.output, series=options.series, formats=options.to)
    if options.seg_type != SEG_TYPES[0] and not any(job.writes("dicom-seg") for job in jobs):
        raise InvalidOption("--seg-type is of a DICOM segmentation; add --to dicom-seg", code="seg-type-unused")
    if options.fail_below is not None and options.quality == "off":
        raise InvalidOption("--fail-below needs the quality; leave out --quality off", code="quality-off")
    segmenter = SegmenterOptions(
        options.model,
        options.modality,
        options.convention,
        options.backend,
        options.device,
        options.threads,
        options.quality,
    )
    measure = options.table is not None
    writing = BatchOptions(options.preview, options.resume, options.overwrite, options.seg_type, measure)
    outcomes = segment_batch(jobs, segmenter, writing)
    if options.table:
        outcomes = add_to_table(outcomes, TableFile(options.table))
    failed = warned = below = 0
    for outcome in _with_bar(outcomes, len(jobs), options.quiet):
        prefix = f"{outcome.number}/{len(jobs)}: {outcome.job.named}: " if len(jobs) > 1 else ""
        report(outcome, prefix, as_json=options.json, quiet=options.quiet, debug=options.debug)
        failed += outcome.error is not None
        warned += bool(outcome.warnings)
        below += outcome.error is None and _is_below(outcome, options.fail_below)
    if len(jobs) > 1 and not (options.json or options.quiet):
        say(f"{len(jobs) - failed} of {len(jobs)} segmented")
    if failed:
        return NOTHING_DONE if failed == len(jobs) else SOME_FAILED
    return WARNED if below or (warned and options.fail_on_warning) else 0


def _is_below(outcome: Outcome, least: float | None) -> bool:
    """Say whether a mask is expected to reach less than `least`; so is one that is rejected, or of no known quality."""
    if least is None:
        return False
    quality = outcome.quality
    if quality is None or quality.both is None or quality.verdict == "reject":
        return True
    return quality.both.expected < least


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
