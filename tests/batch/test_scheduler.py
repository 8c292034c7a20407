"""Scans of a queue are handed out, each result is kept, and what was lost is tried once more."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from in_process import InProcess

from pleura.batch.engine import BatchOptions, SegmenterOptions
from pleura.batch.job_queue import JobQueue, QueuedScan
from pleura.batch.scan_plan import PlannedScan
from pleura.batch.scan_task import BatchFolders, ScanResult, ScanTask
from pleura.batch.scheduler import Scheduler
from pleura.errors import PleuraError, UnwritableOutput

LOST = PleuraError("its process ended", code="worker-lost")


@dataclass(frozen=True, kw_only=True)
class Task(ScanTask):
    """Gives the result that was put for its name."""

    answers: tuple[tuple[str, ScanResult], ...] = ()

    def result(self) -> ScanResult:
        if self.name in dict(self.answers):
            return replace(dict(self.answers)[self.name], number=self.number)
        return ScanResult(self.number, {"source": self.source})


@pytest.fixture
def queue() -> Iterator[JobQueue]:
    queue = JobQueue(Path("batch.sqlite"), {})
    names = ("a", "b", "c")
    queue.merge(PlannedScan(name, f"{name}.nii", "", False, "nifti", None, 1, "") for name in names)
    yield queue
    queue.close()


def scheduler(queue: JobQueue, executor: InProcess, attempt: int = 0, **answers: ScanResult) -> Scheduler:
    def task_of(scan: QueuedScan) -> ScanTask:
        folders = BatchFolders(Path("scans"), Path("masks"))
        of_all = {"folders": folders, "segmenter": SegmenterOptions(), "options": BatchOptions()}
        return Task(number=scan.number, name=scan.name, source=scan.source, answers=tuple(answers.items()), **of_all)

    return Scheduler(queue, executor, 2, task_of, attempt)


def test_each_result_is_kept_before_it_is_given(queue: JobQueue) -> None:
    bad = ScanResult(0, {"source": "b.nii", "error": "damaged"}, error="damaged")
    for done, result in enumerate(scheduler(queue, InProcess(), b=bad).results(), start=1):
        assert queue.progress().finished >= done
        assert result.row in list(queue.results())
    assert queue.progress().states == {"done": 2, "failed": 1}
    assert queue.progress().errors == {"damaged": 1}


class LosesB(InProcess):
    """An executor whose process is lost with one of the scans."""

    def submit(self, fn, /, *args, **kwargs) -> Future:
        if fn.__self__.name != "b":
            return super().submit(fn, *args, **kwargs)
        future: Future = Future()
        future.set_exception(LOST)
        return future


def test_a_lost_scan_is_tried_once_more_and_is_an_error_after_that(queue: JobQueue) -> None:
    assert len(list(scheduler(queue, LosesB()).results())) == 2
    assert (queue.waiting(0), queue.waiting(1)) == (0, 1)
    (result,) = scheduler(queue, LosesB(), attempt=1).results()
    assert result.error == "worker-lost"
    assert queue.progress().states == {"done": 2, "failed": 1}


def test_a_lost_scan_that_succeeds_alone_is_done(queue: JobQueue) -> None:
    list(scheduler(queue, LosesB()).results())
    list(scheduler(queue, InProcess(), attempt=1).results())
    assert queue.progress().states == {"done": 3}


def test_a_full_disk_ends_the_run_and_the_scans_wait_for_the_next(queue: JobQueue) -> None:
    full = ScanResult(0, {}, error="not-written", disk_full=True)
    with pytest.raises(UnwritableOutput) as caught:
        list(scheduler(queue, InProcess(), a=full, b=full, c=full).results())
    assert caught.value.code == "disk-full"
    queue.close()
    later = JobQueue(Path("batch.sqlite"), {})
    assert later.progress().states == {"waiting": 3}
    later.close()
