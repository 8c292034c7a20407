"""Say what a scan is: its series, geometry, kind of values, coverage and problems, without segmenting it.

Takes what segment takes: files, and folders, of which each scan is described.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pleura.cli.console import NOTHING_DONE, SOME_FAILED, complain, say
from pleura.cli.paths import given_path

if TYPE_CHECKING:
    from pleura.batch.plan import Job
    from pleura.errors import Choice
    from pleura.reading.survey import SeriesSummary, Survey


@dataclass(frozen=True)
class Options:
    """What `pleura info` is asked for; the fields are its arguments."""

    paths: Sequence[str]
    json: bool
    debug: bool


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.add_argument(
        "paths", nargs="+", type=given_path, metavar="INPUT", help="folder of DICOM slices or images, or a file"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a scan")


def run(options: Options) -> int:
    """Describe every scan; exit with 2 where none can be segmented, with 1 where some cannot."""
    from pleura.batch.plan import scans

    jobs = scans(options.paths)
    failed = 0
    for number, job in enumerate(jobs, start=1):
        if len(jobs) > 1 and not options.json:
            say(f"{number}/{len(jobs)}: {job.given}")
        failed += not _described(job, number, options)
    if not failed:
        return 0
    return NOTHING_DONE if failed == len(jobs) else SOME_FAILED


def _described(job: Job, number: int, options: Options) -> bool:
    """Describe one scan; return whether it can be segmented."""
    from pleura.batch.results import error_data, identified
    from pleura.reading import survey_path

    try:
        found = survey_path(job.source)
    except Exception as error:
        complain(error, debug=options.debug)
        if options.json:
            say(json.dumps({**identified(job, number), **error_data(error)}))
        return False
    data = {**identified(job, number), **found.data()}
    for line in [json.dumps(data)] if options.json else [*_lines(found), *_notes(job)]:
        say(line)
    return found.usable


def _lines(found: Survey) -> Iterator[str]:
    several = len(found.series) > 1
    if several:
        yield f"{len(found.series)} series, to choose from with pleura segment --series:"
        yield from (choice.line() for choice in found.choices)
    for number, series in enumerate(found.series, start=1):
        can = "can be segmented" if series.usable else "cannot be segmented"
        chosen = ", chosen" if several and series.usable and series.key == found.chosen else ""
        yield f"series {number} of {len(found.series)}: {can}{chosen}"
        choice = found.choices[number - 1] if found.choices else None
        yield from (f"  {name}: {fact}" for name, fact in _facts(series, choice).items() if fact)
        said = "note" if series.usable else "problem"
        yield from (f"  {said}: {problem.message}" for problem in series.problems)
    yield from (f"note: {note.message}" for note in found.notes)


def _notes(job: Job) -> list[str]:
    return [f"note: {note.message}" for note in job.notes]


def _facts(series: SeriesSummary, choice: Choice | None) -> dict[str, str]:
    """Return what is known of a series, by name; what is not is empty."""
    spacing = " x ".join(f"{step:.2f}" for step in series.spacing) if series.spacing else ""
    return {
        "format": ", ".join(part for part in (series.format, series.object, series.transfer_syntax) if part),
        "description": choice.description if choice else "",
        "modality": series.modality,
        "kernel": series.kernel,
        "values": series.kind if series.shape else "",
        "shape": " x ".join(str(n) for n in series.shape or ()),
        "spacing": f"{spacing} mm" if spacing else "",
        "slices": series.orientation,
        "coverage": f"{series.coverage:.0f} mm" if series.coverage else "",
        "series": series.key,
    }
