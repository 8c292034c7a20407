"""What `pleura batch` costs and survives: scans an hour, overhead, rows planned and recorded, memory, and kills.

    python benchmarks/batch.py --scans 100 --kills 20 --rows 10000
    python benchmarks/batch.py --only kills --kills 100

The scans are small CT volumes made from the phantom, alike but for one voxel. `speed` segments them by `pleura batch`
with two workers, and a part of them by a process each, two at a time; the overhead is what the process that hands out
the scans takes itself. `rows` plans and records files that are not read. `memory` looks at the workers after a fifth of
the scans and at the end. `kills` ends the command or one of its workers by SIGKILL at random moments, or stops a worker
so that it hangs, and starts the command again until all is done; then every scan has to have one row and the bytes that
a run without kills gives it.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import active_children
from pathlib import Path

import nibabel
import numpy as np

from pleura.batch import batch_run
from pleura.batch.batch_run import Batch, BatchSettings
from pleura.batch.engine import BatchOptions, SegmenterOptions
from pleura.batch.table import COLUMNS
from pleura.batch.worker_pool import WorkerPool
from pleura.phantom import chest
from pleura.processes import resident_bytes

_PLEURA = [sys.executable, "-m", "pleura"]
_BY_PROCESS = 10
"""Scans that are segmented by a process each: each takes as long as the last."""
_OF_KILLS = 16
"""Scans of a batch that is killed, at most: it is done several times."""
_LIMIT = 60
"""Seconds that one scan may take where workers are stopped: ten times what it takes on a busy machine."""


def main() -> None:
    """Print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scans", type=int, default=100)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("speed", "rows", "kills"))
    options = parser.parse_args()
    parts: dict[str, Callable[[Path], None]] = {
        "speed": lambda folder: speed(folder, options.scans),
        "rows": lambda folder: rows(folder, options.rows),
        "kills": lambda folder: kills(
            folder, min(options.scans, _OF_KILLS), options.kills, random.Random(options.seed)
        ),
    }
    for name, part in parts.items():
        if options.only in (None, name):
            with tempfile.TemporaryDirectory(dir=Path.home() if os.name == "nt" else None) as folder:
                part(Path(folder))


def draw(folder: Path, count: int) -> Path:
    """Write small CT volumes of a drawn chest."""
    folder.mkdir(parents=True)
    volume = chest((24, 64, 64), (13.0, 6.0, 6.0)).volume
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.affine[:, [2, 1, 0, 3]]
    for number in range(count):
        voxels = volume.voxels.copy()
        voxels[0, 0, 0] = -1000 + number % 1000  # so that no two are the same scan
        nibabel.save(nibabel.Nifti1Image(voxels.T, affine), folder / f"s{number:05}.nii.gz")
    return folder


def seconds(who: int = resource.RUSAGE_SELF) -> float:
    """Return the processor seconds that this process, or its children, have taken."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


class Watched(WorkerPool):
    """A pool that notes the memory of its processes whenever it is given a scan."""

    memory: list[int] = []  # noqa: RUF012 - of the one batch that is measured

    def submit(self, fn, /, *args, **kwargs):  # noqa: D102
        self.memory.append(max((resident_bytes(one.pid or 0) for one in active_children()), default=0))
        return super().submit(fn, *args, **kwargs)


def speed(folder: Path, count: int) -> None:
    """Compare a batch with a process a scan, and print overhead and growth of memory."""
    scans = draw(folder / "scans", count)
    batch_run.WorkerPool = Watched
    before, children, began = seconds(), seconds(resource.RUSAGE_CHILDREN), time.monotonic()
    settings = BatchSettings(scans, folder / "results", SegmenterOptions(), BatchOptions(), workers=2)
    with Batch(settings) as batch:
        failed = sum(bool(result.error) for result in batch.run())
    wall, own = time.monotonic() - began, seconds() - before
    used = own + seconds(resource.RUSAGE_CHILDREN) - children
    rate, each = 3600 * count / wall, used / count
    print(f"batch, 2 workers: {count} scans, {failed} failed, {rate:.0f} scans/h, {each:.2f} CPU s a scan")
    print(f"overhead of the process that hands them out: {own / count:.4f} CPU s a scan")
    early, late = Watched.memory[count // 5], Watched.memory[-1]
    print(f"memory of the larger worker: {early >> 20} MB after a fifth, {late >> 20} MB at the end")
    some = sorted(scans.iterdir())[:_BY_PROCESS]
    children, began = seconds(resource.RUSAGE_CHILDREN), time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda scan: alone(scan, folder / "one"), some))
    slower = 3600 * len(some) / (time.monotonic() - began)
    more = (seconds(resource.RUSAGE_CHILDREN) - children) / len(some)
    print(f"a process a scan, 2 at a time: {len(some)} scans, {slower:.0f} scans/h, {more:.2f} CPU s a scan")
    print(f"batch against a process a scan: {rate / slower:.2f} x the scans an hour, {more / each:.2f} x by CPU s")


def alone(scan: Path, folder: Path) -> None:
    """Segment one scan by a process of its own, with what a batch makes of it."""
    table = folder.with_name(f"{scan.name}.csv")
    words = [*_PLEURA, "segment", scan, "-o", folder, "--threads", "1", "--table", table, "--quiet"]
    subprocess.run(words, check=True, stderr=subprocess.DEVNULL)


def rows(folder: Path, count: int) -> None:
    """Plan and record scans that are not read."""
    content = next(draw(folder / "one", 1).iterdir()).read_bytes()[:2000]
    for number in range(count):
        file = folder / "scans" / f"site{number % 20}" / f"{number:06}.nii.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    code = f"from batch import rows_of; from pathlib import Path; rows_of(Path({str(folder)!r}))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)


def rows_of(folder: Path) -> None:
    """Plan the scans of a folder and record a row for each; in its own process, whose memory is that of a batch."""
    columns = dict.fromkeys(COLUMNS[:150], "123.456")
    before = seconds()
    with Batch(BatchSettings(folder / "scans", folder / "results", SegmenterOptions(), BatchOptions())) as batch:
        planned = seconds() - before
        while (scan := batch.queue.take(0)) is not None:
            batch.queue.finish(scan.number, error="", warned=False, result={**columns, "source": scan.source})
        list(batch.run())
        done = batch.progress().finished
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{done} rows: planned in {planned:.1f} CPU s, with table in {seconds() - before:.1f} CPU s, peak {peak:.0f} MB"
    )


def kills(folder: Path, count: int, wanted: int, generator: random.Random) -> None:
    """Kill at random until there were so many kills; print what was lost, doubled or half."""
    scans = draw(folder / "scans", count)
    (scans / "half.nii.gz").write_bytes((scans / "s00000.nii.gz").read_bytes()[:3000])
    start(scans, folder / "reference").wait()
    reference = contents(folder / "reference")
    events: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    while sum(events[kind] for kind in ("engine", "worker", "stopped")) < wanted:
        results = folder / "results"
        until_done(scans, results, generator, events)
        faults.update(compare(reference, contents(results), results))
        events["batches"] += 1
        shutil.rmtree(results)
    print(f"{dict(events)}; lost, doubled, half or other: {dict(faults) or 0}")


def start(scans: Path, results: Path, *more: str) -> subprocess.Popen[bytes]:
    """Start the command."""
    words = [*_PLEURA, "batch", scans, results, "--workers", "2", "--time-limit", str(_LIMIT), "--quiet", *more]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def until_done(scans: Path, results: Path, generator: random.Random, events: Counter[str]) -> None:
    """Run a batch to its end, through kills of the command and of its workers."""
    while True:
        command = start(scans, results, "--retry")
        while command.poll() is None:
            time.sleep(generator.uniform(0.2, 6.0))
            kind = generator.choice(("engine", "worker", "worker", "stopped"))
            victims = [command.pid] if kind == "engine" else workers_of(command.pid)
            if victims and command.poll() is None:
                os.kill(generator.choice(victims), signal.SIGSTOP if kind == "stopped" else signal.SIGKILL)
                events[kind] += 1
        events[f"exit {command.returncode}"] += 1
        errors = {row["error"] for row in table(results)}
        if command.returncode == 1 and errors <= {"", "damaged"}:
            return


def workers_of(parent: int) -> list[int]:
    """Return the processes that a process has started to segment scans."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            words = stat.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == parent and b"spawn_main" in words:
            found.append(int(stat.parent.name))
    return found


def table(results: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of the table; none where there is no table."""
    if (results / "table.csv").is_file():
        with (results / "table.csv").open(newline="") as file:
            yield from csv.DictReader(file)


def contents(results: Path) -> dict[str, bytes | str]:
    """Return the files of all scans, and what the rows of the table say but for the seconds."""
    found: dict[str, bytes | str] = {
        path.relative_to(results).as_posix(): path.read_bytes() for path in results.glob("*/**/*") if path.is_file()
    }
    for row in table(results):
        found[f"row {row['source']}"] = str({**row, "seconds": ""})
    return found


def compare(expected: dict[str, bytes | str], found: dict[str, bytes | str], results: Path) -> Counter[str]:
    """Count what is missing, what is there beyond, and what differs."""
    sources = [row["source"] for row in table(results)]
    return +Counter(
        missing=len(expected.keys() - found.keys()),
        beyond=len(found.keys() - expected.keys()),
        different=sum(found[key] != value for key, value in expected.items() if key in found),
        doubled=len(sources) - len(set(sources)),
    )


if __name__ == "__main__":
    main()
