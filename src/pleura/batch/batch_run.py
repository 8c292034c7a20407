"""A whole batch: its plan taken into the queue, the scans handed to workers, and the table written at the end."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Self

from pleura import __version__
from pleura.batch.engine import BatchOptions, SegmenterOptions
from pleura.batch.job_queue import JobQueue, QueuedScan, read_progress
from pleura.batch.overwrite import identities
from pleura.batch.parquet_table import refuse_without_pyarrow
from pleura.batch.progress import BatchProgress
from pleura.batch.queue_errors import disk_full
from pleura.batch.remote import without_secrets
from pleura.batch.scan_plan import PlannedScan, Shard, base_folder, plan_scans
from pleura.batch.scan_task import ATTEMPTS, BatchFolders, ScanResult, ScanTask, check_segmenter, is_disk_full
from pleura.batch.scheduler import Scheduler
from pleura.batch.table_file import is_table, write_table
from pleura.batch.worker_pool import Limits, WorkerPool
from pleura.conventions import TIME_LIMIT, MaskFormat
from pleura.errors import PleuraError, UnreadableInput, UnwritableOutput
from pleura.files import make_folder
from pleura.inference.backends import cpu_count
from pleura.processes import available_bytes
from pleura.reporting.index import INDEX, Failure, write_index
from pleura.writing.earlier import refuse_to_replace

_QUEUE, _TABLE = "batch", "table"
_OF_WORKER = 2 << 30
"""Bytes of memory that a worker is given at least: a CT of 512 slices takes 1.3 GB, the model and Python 0.3 GB."""
_SHARE = 0.9
"""Of the memory that all workers may take together; the rest is for the system."""


@dataclass(frozen=True)
class BatchSettings:
    """What a batch is asked for.

    Attributes
    ----------
    source : a folder of scans, one scan, or a list of scans
    folder : for the results
    series : which of several; see `plan_scans`
    workers : processes; as many as cores and memory allow where it is None
    seconds : that one scan may take
    memory : bytes that one worker may take; its share of what there is where it is None
    retry : segment those again that ended with an error in an earlier run
    parquet : write the table as Parquet too, which is also done where an earlier run did
    scheduler : address of a Dask scheduler, whose workers are taken in place of processes of this machine; then
        `segmenter.threads` are those of each scan, else those of all together
    slurm : jobs of SLURM to ask for, whose Dask workers are taken likewise
    """

    source: Path
    folder: Path
    segmenter: SegmenterOptions
    options: BatchOptions
    formats: tuple[MaskFormat, ...] = ()
    series: str | None = None
    shard: Shard = field(default_factory=Shard)
    workers: int | None = None
    seconds: float = TIME_LIMIT
    memory: int | None = None
    retry: bool = False
    parquet: bool = False
    scheduler: str | None = None
    slurm: int | None = None

    def planned(self) -> Iterator[PlannedScan]:
        """Yield the rows of the plan that are of this shard."""
        return (one for one in plan_scans(self.source, series=self.series) if self.shard.holds(one.name))

    @property
    def tables(self) -> tuple[Path, ...]:
        """Where the table of the shard is written, as CSV first, and as Parquet where that is wanted or is there."""
        plain, parquet = (self.folder / f"{_TABLE}{self.shard.suffix}{suffix}" for suffix in (".csv", ".parquet"))
        return (plain, parquet) if self.parquet or parquet.exists() else (plain,)

    @property
    def queue(self) -> Path:
        """Where the queue of the shard is."""
        return self.folder / f"{_QUEUE}{self.shard.suffix}.sqlite"

    def fixed(self) -> dict[str, str]:
        """Return what all scans of a batch have in common, in every run."""
        found = {key: value for key, value in asdict(self.segmenter).items() if key != "threads"}
        options = self.options
        writing = {
            "preview": options.preview,
            "report": options.report,
            "pdf": options.pdf,
            "seg_type": options.seg_type,
            "to": self.formats,
        }
        return {"version": __version__, **{key: _text(value) for key, value in (found | writing).items()}}


class Batch:
    """A batch whose plan is in its queue, which is kept open until the block of a `with` ends.

    Raises
    ------
    UnwritableOutput : the list of scans is what a file of the batch is called (`output-is-input`), or a file that the
        batch has not made is (`output-exists`)
    MissingExtra : Parquet needs pyarrow
    PleuraError : what `plan_scans` and `JobQueue` raise
    """

    def __init__(self, settings: BatchSettings) -> None:
        self.settings = settings
        _refuse_to_replace_others(settings)
        planned = list(settings.planned())  # what is wrong with the source is said before anything is made
        make_folder(settings.folder)
        self.queue = JobQueue(settings.queue, settings.fixed())
        try:
            self.queue.merge(planned, retry=settings.retry)
        except BaseException:
            self.queue.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.queue.close()

    def progress(self) -> BatchProgress:
        """Return how far it is."""
        return self.queue.progress()

    def run(self) -> Iterator[ScanResult]:
        """Segment what waits and yield what comes of each scan; at the end, also of a part, write the table.

        Where pages are wanted, the index over them is written too.

        Raises
        ------
        PleuraError : there is no such model, backend or device, or the disk is full (`disk-full`)
        """
        try:
            for attempt in range(ATTEMPTS):
                yield from self._attempt(attempt)
        except BaseException:
            with suppress(PleuraError, OSError):  # what ended the run says more
                self._write_lists()
            raise
        self._write_lists()

    def _attempt(self, attempt: int) -> Iterator[ScanResult]:
        """Segment what waits for an attempt, the first beside others, each other one alone."""
        waiting = self.queue.waiting(attempt)
        if not waiting:
            return
        with ExitStack() as stack:
            executor, at_a_time = self._executor(1 if attempt else waiting, stack)
            stack.callback(executor.shutdown, cancel_futures=True)
            segmenter = replace(self.settings.segmenter, threads=self._threads(at_a_time))
            _check(executor, segmenter)
            yield from Scheduler(self.queue, executor, at_a_time, self._task_of(segmenter), attempt).results()

    def _threads(self, at_a_time: int) -> int:
        """Return those of each scan: its share of the cores of this machine, or as many as a cluster is asked for."""
        wanted = self.settings.segmenter.threads
        elsewhere = self.settings.scheduler or self.settings.slurm
        return (wanted or 1) if elsewhere else max(1, cpu_count(wanted) // at_a_time)

    def _workers(self) -> int:
        """Return how many processes to start: those wanted, else one a core and as the memory allows."""
        cores = cpu_count(self.settings.workers)
        fitting = available_bytes() // _OF_WORKER or cores
        return cores if self.settings.workers else max(1, min(cores, fitting))

    def _executor(self, most: int, stack: ExitStack) -> tuple[Executor, int]:
        """Return who does the work, and how many scans at a time, at most so many; jobs end with `stack`."""
        settings = self.settings
        if settings.slurm or settings.scheduler:
            from pleura.batch.cluster import connect
        if settings.slurm:
            from pleura.batch.slurm import slurm_jobs

            jobs = stack.enter_context(slurm_jobs(min(settings.slurm, most), settings.folder))
            executor, _ = connect(jobs.address, settings.seconds, jobs.security)
            return executor, min(most, jobs.at_a_time)
        if settings.scheduler:
            executor, threads = connect(settings.scheduler, settings.seconds)
            return executor, min(most, threads)
        workers = min(most, self._workers())
        memory = settings.memory or int(available_bytes() * _SHARE) // workers
        return WorkerPool(workers, Limits(settings.seconds, memory)), workers

    def _task_of(self, segmenter: SegmenterOptions) -> Callable[[QueuedScan], ScanTask]:
        settings = self.settings
        folders = BatchFolders(base_folder(settings.source).resolve(), settings.folder.resolve())
        options = replace(settings.options, resume=True, measure=True)

        def task_of(scan: QueuedScan) -> ScanTask:
            return ScanTask(
                number=scan.number,
                name=scan.name,
                source=scan.source,
                series=scan.series,
                formats=settings.formats,
                folders=folders,
                segmenter=segmenter,
                options=options,
            )

        return task_of

    def _write_lists(self) -> None:
        """Write the table and, where pages are wanted, the index over them."""
        try:
            for table in self.settings.tables:
                write_table(table, self.queue.results())
            if self.settings.options.report:
                self._write_index()
        except UnwritableOutput as error:
            if is_disk_full(error):
                raise disk_full(self.settings.folder) from error
            raise

    def _write_index(self) -> None:
        rows = [*self.queue.results(), *self._rows_of_other_parts()]
        counts = Counter(row["source"] for row in rows)
        failures, names = [], {}
        for row in rows:
            cleaned = without_secrets(row["source"])  # a page is handed on, unlike the table, which is a list too
            name = cleaned if counts[row["source"]] == 1 else f"{cleaned}, series {row['series']}"
            if row.get("error"):
                failures.append(Failure(name, row["message"].replace(row["source"], cleaned)))
            else:
                names[PurePosixPath(row["mask"]).parent.as_posix()] = name
        write_index(self.settings.folder, failures, names)

    def _rows_of_other_parts(self) -> Iterator[dict[str, str]]:
        """Yield the rows of the tables that other parts have written, whose pages the index shows too."""
        shard = self.settings.shard
        if shard.count > 1:
            for table in sorted(self.settings.folder.glob(f"{_TABLE}-*-of-{shard.count}.csv")):
                if table != self.settings.tables[0]:
                    with table.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
                        yield from csv.DictReader(file)


def _refuse_to_replace_others(settings: BatchSettings) -> None:
    """Refuse to write over the list of scans, and over a table or an index that the batch has not made."""
    if len(settings.tables) > 1:
        refuse_without_pyarrow()
    index = settings.folder / INDEX
    for file in (settings.queue, *settings.tables, index):
        if identities([file]) & identities([settings.source]):
            text = f"{file} is the list of scans, and a file of the batch has that name; name another folder"
            raise UnwritableOutput(text, code="output-is-input")
    if settings.options.report:
        refuse_to_replace(index)
    for table in settings.tables:
        is_of_batch = settings.queue.exists() and is_table(table)  # a table without a queue is of another command
        if not is_of_batch and (table.is_dir() or (table.exists() and table.stat().st_size)):
            text = f"{table} exists and is not an earlier table of this batch; name another folder or remove it"
            raise UnwritableOutput(text, code="output-exists")


def _check(executor: Executor, segmenter: SegmenterOptions) -> None:
    """Have a worker make the segmenter, so that an option that cannot be is an error of the batch, not of each scan."""
    try:
        executor.submit(check_segmenter, segmenter).result()
    except PleuraError as error:
        if error.code != "worker-lost":
            raise
        executor.submit(check_segmenter, segmenter).result()  # whoever killed it was hardly the model


def batch_progress(folder: Path) -> BatchProgress:
    """Return how far the batch in a folder is, all shards together.

    Raises
    ------
    UnreadableInput : there is none (`no-batch`)
    """
    files = sorted(folder.glob(f"{_QUEUE}*.sqlite"))
    if not files:
        raise UnreadableInput(f"{folder}: there is no batch in it; name the DEST of one", code="no-batch")
    first, *others = map(read_progress, files)
    for other in others:
        first = first.together(other)
    return first


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)
