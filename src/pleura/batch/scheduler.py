"""Hand the scans of a queue to an executor, whatever it is: processes of this machine, or workers of a cluster.

A scan whose process is lost, or that memory was too short for, waits for a second attempt, which is alone; if it is
lost again, that is its error. Each result is kept before the next scan is handed out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait

from pleura.batch.job_queue import JobQueue, QueuedScan
from pleura.batch.queue_errors import disk_full
from pleura.batch.scan_task import ATTEMPTS, ScanResult, ScanTask
from pleura.errors import PleuraError

LOST = {"worker-lost", "time-limit", "memory-limit"}
"""Codes of the errors of an executor that are about one task alone."""


class Scheduler:
    """What hands out the scans that wait for one attempt.

    Parameters
    ----------
    at_a_time : scans that are handed out at once
    task_of : what is to be done with a scan of the queue
    attempt : 0 for the first
    """

    def __init__(
        self,
        queue: JobQueue,
        executor: Executor,
        at_a_time: int,
        task_of: Callable[[QueuedScan], ScanTask],
        attempt: int = 0,
    ) -> None:
        self._queue, self._executor, self._at_a_time, self._task_of = queue, executor, at_a_time, task_of
        self._attempt = attempt
        self._running: dict[Future[ScanResult], ScanTask] = {}

    def results(self) -> Iterator[ScanResult]:
        """Yield each result once it is kept; who stops asking stops the work.

        Raises
        ------
        UnwritableOutput
            The disk is full (`disk-full`): scans that could not be written wait for the next run.
        """
        self._fill()
        while self._running:
            ended, _ = wait(self._running, return_when=FIRST_COMPLETED)
            for future in ended:
                result = _result(self._running.pop(future), future)
                if self._kept(result):
                    yield result
            self._fill()

    def _fill(self) -> None:
        """Hand out scans while there is somebody to take them."""
        while len(self._running) < self._at_a_time and (scan := self._queue.take(self._attempt)) is not None:
            task = self._task_of(scan)
            self._running[self._executor.submit(task.result)] = task

    def _kept(self, result: ScanResult) -> bool:
        """Keep a result; return False where the scan waits for another attempt."""
        if result.disk_full:
            self._queue.put_back(result.number, self._attempt)
            raise disk_full(self._queue.path.parent)
        if result.attempt_alone and self._attempt + 1 < ATTEMPTS:
            self._queue.put_back(result.number, self._attempt + 1)
            return False
        self._queue.finish(result.number, error=result.error, warned=result.warned, result=result.row)
        return True


def _result(task: ScanTask, future: Future[ScanResult]) -> ScanResult:
    """Return the result of a task; where its process was lost, one that says so.

    Raises what else came in place of a result: not this scan is lost, but whoever does the work.
    """
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, PleuraError) and error.code in LOST:
        return task.lost(error)
    raise error
