"""Segment thousands of scans: plan first, then work side by side, and go on after whatever ended the run.

SOURCE is a folder, however deep, of DICOM of many patients, volumes and pictures; or a list of scans, a .csv
(or .parquet) with a column source, of paths or addresses (s3://...), and, if wanted, series and name. In DEST
each scan has a folder, whose name is a hash of path and series and holds no patient's name, with lungs.nii.gz
or what else is asked for. DEST also holds batch.sqlite, what has been done, and at the end table.csv, a row a
scan with all that is measured or its error. The same command again goes on where it was stopped, and does
what has been added. A scan that kills its process, hangs, or takes too much memory is tried once more, alone;
the others go on.
"""

from __future__ import annotations

import csv
import io
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pleura.cli.batch_lines import part_lines, progress_lines, remaining
from pleura.cli.console import NOTHING_DONE, SOME_FAILED, WARNED, fail, say
from pleura.cli.numbers import seconds, shard, whole_number
from pleura.cli.paths import given_path
from pleura.cli.progress import counted
from pleura.cli.segment_options import SegmentOptions, add_segment_options, segmenter_options
from pleura.conventions import SEG_TYPES, TIME_LIMIT
from pleura.errors import InvalidOption
from pleura.text import quantity

if TYPE_CHECKING:
    from pleura.batch.batch_run import Batch, BatchSettings
    from pleura.batch.progress import BatchProgress
    from pleura.batch.scan_plan import PlannedScan

_STATUS = "status"
_REFRESH_SECONDS = 1.0
"""Before it is read again how far a batch is, which goes through all its rows."""
_ADVICE = {
    "time-limit": "give it more with --time-limit",
    "memory-limit": "give it more with --memory-limit, or with fewer --workers",
}
"""What to do about an error that comes of a limit, which the table need not know."""


@dataclass(frozen=True)
class Options(SegmentOptions):
    """What `pleura batch` is asked for; the fields are its arguments."""

    source: str
    dest: str
    dry_run: bool
    workers: int | None
    time_limit: float
    memory_limit: int | None
    retry: bool
    parquet: bool
    shard: Sequence[int]
    scheduler: str | None
    slurm: int | None


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.usage = "pleura batch [options] SOURCE DEST\n       pleura batch status DEST"
    parser.add_argument("source", type=given_path, metavar="SOURCE", help="folder of scans, or list of them")
    parser.add_argument("dest", type=given_path, metavar="DEST", help="folder for the results")
    parser.add_argument("--dry-run", action="store_true", help="print the plan as CSV, a row a series, and do nothing")
    parser.add_argument(
        "--workers", type=whole_number, metavar="N", help="scans at a time; one a core by default, as the memory allows"
    )
    parser.add_argument(
        "--time-limit",
        type=seconds,
        default=TIME_LIMIT,
        metavar="SECONDS",
        help=f"that one scan may take; {TIME_LIMIT:.0f} by default",
    )
    parser.add_argument(
        "--memory-limit", type=whole_number, metavar="MB", help="that one worker may take; its share by default"
    )
    parser.add_argument("--retry", action="store_true", help="also segment again what ended with an error before")
    parser.add_argument("--parquet", action="store_true", help="also write the table as Parquet, table.parquet")
    parser.add_argument(
        "--shard", type=shard, default=(1, 1), metavar="K/N", help="only this part of N, for several machines: 3/16"
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="Dask scheduler whose workers do it: tcp://host:8786")
    parser.add_argument(
        "--slurm", type=whole_number, metavar="JOBS", help="do it in so many jobs of SLURM, as jobqueue.yaml has them"
    )
    add_segment_options(parser)


def run(options: Options) -> int:
    """Plan and run a batch, or say how far one is."""
    if options.source == _STATUS:
        return _print_status(Path(options.dest))
    settings = _settings(options)
    if options.dry_run:
        return _print_plan(settings)
    from pleura.batch.batch_run import Batch

    with Batch(settings) as batch:
        _run(batch, options.quiet)
        found = batch.progress()
    if not options.quiet:
        if settings.shard.count > 1:
            say(f"part {settings.shard.number} of {settings.shard.count}")
        for line in progress_lines(found):
            say(line)
        say(f"table: {' and '.join(map(str, settings.tables))}")
    return _exit_code(found, options.fail_on_warning)


def _settings(options: Options) -> BatchSettings:
    from pleura.batch.batch_run import BatchSettings
    from pleura.batch.engine import BatchOptions
    from pleura.batch.scan_plan import Shard
    from pleura.reporting.pdf import refuse_without_browser

    if options.seg_type != SEG_TYPES[0] and "dicom-seg" not in options.to:
        raise InvalidOption("--seg-type is of a DICOM segmentation; add --to dicom-seg", code="seg-type-unused")
    _refuse_unused(options)
    if options.pdf:
        refuse_without_browser()
    return BatchSettings(
        Path(options.source),
        Path(options.dest),
        segmenter_options(options),
        BatchOptions(
            preview=bool(options.preview),
            report=options.report,
            pdf=options.pdf,
            overwrite=options.overwrite,
            seg_type=options.seg_type,
        ),
        formats=tuple(options.to),
        series=options.series,
        shard=Shard(*options.shard),
        workers=options.workers,
        seconds=options.time_limit,
        memory=options.memory_limit << 20 if options.memory_limit else None,
        retry=options.retry,
        parquet=options.parquet,
        scheduler=options.scheduler,
        slurm=options.slurm,
    )


def _refuse_unused(options: Options) -> None:
    """Refuse what whoever does the work does not heed."""
    cluster = "--slurm" if options.slurm else "--scheduler" if options.scheduler else ""
    own = {"--workers": options.workers, "--memory-limit": options.memory_limit}
    unused = [name for name, value in own.items() if value]
    if cluster and unused:
        text = f"{unused[0]} is of processes of this machine; leave it out, workers of {cluster} have their own"
        raise InvalidOption(text, code="unused-with-scheduler")
    if options.slurm and options.scheduler:
        raise InvalidOption("--slurm starts a scheduler; leave out --scheduler", code="unused-with-scheduler")


def _print_plan(settings: BatchSettings) -> int:
    """Print the plan as CSV, a row a series; what is not there is called so, and is an error as it is in a run."""
    columns = ("action", "reason", "source", "series", "slices", "bytes", "name")
    counts: Counter[str] = Counter()
    for one in settings.planned():
        if not counts:
            say(",".join(columns))
        action = _action(one)
        counts[action] += 1
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow([action, *(getattr(one, key) for key in columns[1:])])
        say(text.getvalue())
    if counts["missing"]:
        fail(f"{quantity(counts['missing'], 'row')} of the list cannot be found; see what is called missing")
    if not counts["segment"]:
        return NOTHING_DONE
    return SOME_FAILED if counts["missing"] else 0


def _action(planned: PlannedScan) -> str:
    from pleura.batch.scan_plan import NOT_THERE

    if planned.is_skipped:
        return "skip"
    return "missing" if planned.reason == NOT_THERE else "segment"


def _run(batch: Batch, quiet: bool) -> None:
    """Segment all that waits, with a bar or a line now and then; print the error of each scan that fails."""
    read = -_REFRESH_SECONDS
    with counted("segmenting", quiet) as move:
        for result in batch.run():
            if result.error:
                fail("; ".join(filter(None, (result.row["message"], _ADVICE.get(result.error)))))
            if time.monotonic() - read > _REFRESH_SECONDS:
                read = time.monotonic()
                found = batch.progress()
                move(found.finished, found.scans, remaining(found))


def _print_status(folder: Path) -> int:
    from pleura.batch.batch_run import batch_progress
    from pleura.batch.parts import parts_not_begun

    for line in (*progress_lines(batch_progress(folder)), *part_lines(parts_not_begun(folder))):
        say(line)
    return 0


def _exit_code(found: BatchProgress, fail_on_warning: bool) -> int:
    failed = found.scans - found.states.get("done", 0)
    if failed or not found.scans:
        return NOTHING_DONE if failed == found.scans else SOME_FAILED
    return WARNED if found.warned and fail_on_warning else 0
