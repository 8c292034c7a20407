"""How `pleura batch` scales to many workers, by simulation: recorded times of scans, and the code that hands them out.

    python benchmarks/scaling.py
    python benchmarks/scaling.py results/table.csv --workers 16,64,1000 --each 20

Times of scans are those of a table that a batch has written; without one, small drawn volumes are segmented first, one
at a time. Queue, scheduler and table are the real ones, with the commits of each scan; workers alone are simulated: a
scan that is handed out is done after its time, by a clock that also counts the processor seconds that the real code
takes meanwhile. What Dask takes for a task, in client and scheduler, is measured with empty tasks on two workers and
added. Efficiency is the time of all scans over that of all workers until the last one is done. Not simulated are disks
and networks that many workers share: the bytes a second that they would read are printed, of files as they are stored.
"""

from __future__ import annotations

import argparse
import heapq
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, wait
from pathlib import Path
from typing import Any
from unittest.mock import patch

from batch import draw

from pleura.batch import scheduler
from pleura.batch.batch_run import Batch, BatchSettings
from pleura.batch.engine import BatchOptions, SegmenterOptions
from pleura.batch.job_queue import JobQueue
from pleura.batch.scan_plan import PlannedScan
from pleura.batch.scan_task import BatchFolders, ScanResult, ScanTask
from pleura.batch.scheduler import Scheduler
from pleura.batch.table_file import read_rows, write_table
from pleura.text import short_hash

_DRAWN = 20
"""Scans that are segmented for their times where no table is given."""
_TASKS = 1000
"""Empty tasks by which the cost of Dask is measured: enough that its start does not matter."""

Row = dict[str, str]


def main() -> None:
    """Print a line for each number of workers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, nargs="?", help="table.csv of a batch")
    parser.add_argument("--workers", default="1,10,100,1000", help="numbers of workers, with commas between")
    parser.add_argument("--each", type=int, default=10, help="scans for each worker")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows, size = recorded(options.table) if options.table else measured(Path(folder) / "drawn")
        mean = sum(float(row["seconds"]) for row in rows) / len(rows)
        print(f"{len(rows)} recorded scans of {mean:.2f} s")
        cost = cost_of_dask(_TASKS)
        print(f"Dask takes {1000 * cost:.2f} CPU ms a task in client and scheduler")
        for workers in map(int, options.workers.split(",")):
            picked = random.Random(options.seed).choices(rows, k=workers * options.each)
            line = simulate(Path(folder) / f"of-{workers}", picked, workers, cost)
            print(line + (f", reading {workers * size / mean / 1e6:.0f} MB/s" if size else ""))


def recorded(table: Path) -> tuple[list[Row], float]:
    """Return the rows of scans that were segmented, and the mean of their bytes where the queue beside has them."""
    rows = [dict(row) for row in read_rows(table).values() if row["seconds"] and not row["error"]]
    queue = table.with_name("batch.sqlite")
    if not queue.is_file():
        return rows, 0.0
    with sqlite3.connect(f"{queue.resolve().as_uri()}?mode=ro", uri=True) as connection:
        (size,) = connection.execute("SELECT avg(bytes) FROM scan WHERE state = 'done'").fetchone()
    return rows, float(size or 0)


def measured(folder: Path) -> tuple[list[Row], float]:
    """Segment small drawn volumes, one at a time, and return their rows."""
    settings = BatchSettings(
        draw(folder / "scans", _DRAWN), folder / "results", SegmenterOptions(), BatchOptions(), workers=1
    )
    with Batch(settings) as batch:
        list(batch.run())
    return recorded(settings.tables[0])


def cost_of_dask(tasks: int) -> float:
    """Return the processor seconds that the process of client and scheduler takes for a task that does nothing."""
    from distributed import LocalCluster

    from pleura.batch.cluster import connect

    quiet = {"dashboard_address": None, "host": "127.0.0.1", "silence_logs": 50}
    with LocalCluster(n_workers=2, threads_per_worker=1, **quiet) as cluster:
        executor, _ = connect(cluster.scheduler_address, 3600.0)
        executor.submit(str).result()
        before = time.process_time()
        wait([executor.submit(str, number) for number in range(tasks)])
        used = time.process_time() - before
        executor.shutdown(cancel_futures=True)
    return used / tasks


class Simulated(Executor):
    """Workers that are free at once and do each task in the seconds of its scan, by a clock of their own.

    Parameters
    ----------
    seconds : of each scan by its number
    cost : seconds of the one process that hands out, for each task, beyond what its code takes
    """

    def __init__(self, seconds: Callable[[int], float], cost: float) -> None:
        self._seconds, self._cost = seconds, cost
        self._ends: list[tuple[float, int, Future[Any], ScanTask]] = []
        self.clock, self._since = 0.0, time.process_time()

    def submit(self, fn: Callable[..., Any], /, *_: Any, **__: Any) -> Future[Any]:
        """Take a task, the method of a `ScanTask`."""
        self._advance()
        self.clock += self._cost
        task = fn.__self__  # type: ignore[attr-defined]
        future: Future[Any] = Future()
        heapq.heappush(self._ends, (self.clock + self._seconds(task.number), task.number, future, task))
        return future

    def wait(self, futures: Any, **how: Any) -> Any:
        """Let the clock go on to where a task ends, end all that have by then, and return what `wait` returns."""
        self._advance()
        self.clock = max(self.clock, self._ends[0][0])
        while self._ends and self._ends[0][0] <= self.clock:
            _, _, future, task = heapq.heappop(self._ends)
            future.set_result(task.result())
        self._since = time.process_time()
        return wait(futures, **how)

    def _advance(self) -> None:
        """Count what the real code has taken since it was last counted."""
        now = time.process_time()
        self.clock, self._since = self.clock + now - self._since, now


class Recorded(ScanTask):
    """A task whose result is the row that was recorded, with the path of this scan."""

    rows: Sequence[Row] = ()

    def result(self) -> ScanResult:  # noqa: D102
        row = {key: value for key, value in self.rows[self.number - 1].items() if value}
        return ScanResult(self.number, {**row, "source": self.source})


def simulate(folder: Path, rows: Sequence[Row], workers: int, cost: float) -> str:
    """Return what comes of a batch of these scans on so many workers."""
    folder.mkdir()
    queue = JobQueue(folder / "batch.sqlite", {})
    sources = [f"site{number % 20}/{number:06}.nii.gz" for number in range(len(rows))]
    queue.merge(PlannedScan(short_hash(one), one, "", False, "nifti", None, 1, "") for one in sources)
    seconds = [float(row["seconds"]) for row in rows]
    executor = Simulated(lambda number: seconds[number - 1], cost)
    Recorded.rows = rows
    began = time.process_time()
    with patch.object(scheduler, "wait", executor.wait):
        done = sum(1 for _ in Scheduler(queue, executor, workers, task_of, 0).results())
    handing = time.process_time() - began
    write_table(folder / "table.csv", queue.results())
    queue.close()
    assert done == len(rows), "scans were lost"
    busy = sum(seconds) / workers
    return (
        f"{workers} workers, {done} scans: {3600 * done / executor.clock:.0f} scans/h, "
        f"efficiency {busy / executor.clock:.3f}; {1000 * handing / done:.2f} CPU ms a scan in queue and scheduler, "
        f"so at most {1 / (handing / done + cost):.0f} scans a second"
    )


def task_of(scan: Any) -> ScanTask:
    """Return the task of a scan of the queue."""
    of_all = {"folders": BatchFolders(Path(), Path()), "segmenter": SegmenterOptions(), "options": BatchOptions()}
    return Recorded(number=scan.number, name=scan.name, source=scan.source, **of_all)


if __name__ == "__main__":
    main()
