"""The queue of a batch on disk: what was done stays, what changed is done again, and nobody else writes meanwhile."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pleura.batch.job_queue import JobQueue, read_progress
from pleura.batch.scan_plan import PlannedScan
from pleura.errors import InvalidOption, UnwritableOutput

FILE = Path("batch.sqlite")
ONE = PlannedScan("a1", "p/one.nii.gz", "", False, "nifti", None, 100, "stamp")
TWO = replace(ONE, name="b2", source="p/two.nii.gz")
LOCALIZER = replace(ONE, name="c3", source="p", series="1.2", is_skipped=True, reason="localizer")
PLAN = (ONE, TWO, LOCALIZER)


@pytest.fixture
def queue() -> Iterator[JobQueue]:
    queue = JobQueue(FILE, {"model": ""})
    queue.merge(PLAN)
    yield queue
    queue.close()


def finish(queue: JobQueue, error: str = "") -> None:
    scan = queue.take(0)
    assert scan is not None
    queue.finish(scan.number, error=error, warned=False, result={"source": scan.source, "error": error})


def again(**settings: str) -> JobQueue:
    return JobQueue(FILE, {"model": "", **settings})


def test_scans_are_taken_in_the_order_of_the_plan_and_each_once(queue: JobQueue) -> None:
    taken = [queue.take(0), queue.take(0), queue.take(0)]
    assert [scan and (scan.name, scan.source, scan.series) for scan in taken] == [
        ("a1", "p/one.nii.gz", None),
        ("b2", "p/two.nii.gz", None),
        None,
    ]
    assert queue.progress().states == {"running": 2, "skipped": 1}
    assert queue.progress().reasons == {"localizer": 1}


def test_what_was_running_when_its_process_was_killed_waits_again(queue: JobQueue) -> None:
    finish(queue)
    queue.take(0)
    queue.close()
    with closing(again()) as later:
        assert later.progress().states == {"done": 1, "waiting": 1, "skipped": 1}
        assert [row["source"] for row in later.results()] == ["p/one.nii.gz"]


def test_a_plan_that_is_taken_in_again_does_nothing_twice(queue: JobQueue) -> None:
    finish(queue)
    finish(queue, "damaged")
    queue.merge(PLAN)
    assert queue.take(0) is None
    queue.merge(PLAN, retry=True)
    assert [scan.source for scan in iter(lambda: queue.take(0), None)] == ["p/two.nii.gz"]


def test_a_scan_whose_files_have_changed_is_done_again_and_new_ones_are_added(queue: JobQueue) -> None:
    finish(queue)
    finish(queue)
    queue.merge([replace(ONE, stamp="later"), TWO, replace(ONE, name="d4", source="new.nii")])
    assert [scan.source for scan in iter(lambda: queue.take(0), None)] == ["p/one.nii.gz", "new.nii"]


def test_scans_that_are_gone_are_skipped_and_results_stay(queue: JobQueue) -> None:
    finish(queue)
    queue.merge([])
    assert queue.progress().states == {"done": 1, "skipped": 2}
    assert queue.progress().reasons == {"gone": 2}
    queue.merge(PLAN)
    assert queue.progress().states == {"done": 1, "waiting": 1, "skipped": 1}


def test_a_scan_that_is_put_back_waits_for_another_attempt(queue: JobQueue) -> None:
    scan = queue.take(0)
    assert scan is not None
    queue.put_back(scan.number, 1)
    assert (queue.waiting(0), queue.waiting(1)) == (1, 1)
    assert queue.take(1) == scan


def test_another_run_at_the_same_batch_is_refused_and_may_look_at_it(queue: JobQueue) -> None:
    with pytest.raises(UnwritableOutput) as caught:
        again()
    assert caught.value.code == "batch-running"
    assert read_progress(FILE).states == {"waiting": 2, "skipped": 1}


def test_a_batch_is_made_in_one_way(queue: JobQueue) -> None:
    queue.close()
    with pytest.raises(InvalidOption, match="begun without --model, not with --model other") as caught:
        again(model="other")
    assert caught.value.code == "other-settings"
    again().close()  # and the lock is free again


def test_a_file_of_other_making_is_refused_and_left_as_it_is() -> None:
    FILE.write_text("my notes of the cohort, which are longer than the header of a database, and no database at all")
    before = FILE.read_bytes()
    with pytest.raises(UnwritableOutput) as caught:
        again()
    assert caught.value.code == "not-a-batch"
    assert FILE.read_bytes() == before


def test_a_full_disk_has_a_name(queue: JobQueue) -> None:
    queue._connection.execute("PRAGMA max_page_count = 1")
    many = [replace(ONE, name=str(number), source="x" * 5000) for number in range(99)]
    with pytest.raises(UnwritableOutput) as caught:
        queue.merge(many)
    assert caught.value.code == "disk-full"
    assert queue.progress().states == {"waiting": 2, "skipped": 1}  # all or nothing


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")
def test_who_asks_how_far_a_batch_is_keeps_no_other_from_asking_and_no_run_from_starting(queue: JobQueue) -> None:
    import fcntl

    queue.take(0)
    queue._lock.close()  # as the system does when the process is gone
    with FILE.open("rb") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        assert read_progress(FILE).states == {"waiting": 2, "skipped": 1}
        leaves = threading.Timer(0.05, lambda: fcntl.flock(asking, fcntl.LOCK_UN))
        leaves.start()
        again().close()
        leaves.join()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")
def test_a_dead_batch_that_may_only_be_read_does_not_run(queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    queue.take(0)
    queue._lock.close()
    opened = Path.open

    def read_only(self: Path, mode: str = "r", *more: object, **named: object) -> object:
        if mode != "rb":
            raise OSError(errno.EROFS, "Read-only file system")
        return opened(self, mode, *more, **named)

    monkeypatch.setattr(Path, "open", read_only)
    assert read_progress(FILE).states == {"waiting": 2, "skipped": 1}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions")
def test_a_batch_in_a_folder_that_may_only_be_read_is_as_far_as_it_was(queue: JobQueue) -> None:
    finish(queue)
    queue.close()
    with TemporaryDirectory() as name:
        shutil.copy(FILE, name)
        user = os.geteuid()
        (Path(name) / FILE).chmod(0o444)
        Path(name).chmod(0o555)
        try:
            if not user:  # whom no permission keeps from anything
                os.seteuid(65534)
            assert read_progress(Path(name) / FILE).states == {"done": 1, "waiting": 1, "skipped": 1}
        finally:
            os.seteuid(user)
            Path(name).chmod(0o755)


def test_the_time_that_is_left_follows_from_bytes_and_the_pace_of_this_run(queue: JobQueue) -> None:
    queue.merge([replace(ONE, name=f"n{number}", source=f"{number}") for number in range(6)])
    assert queue.progress().seconds_left is None
    with closing(sqlite3.connect(FILE)) as connection, connection:
        connection.execute("UPDATE setting SET value = '1000' WHERE key = 'began'")
        for number, (finished, size) in enumerate([(1010, 100), (1020, 100), (1040, 300)], start=4):
            connection.execute(
                "UPDATE scan SET state = 'done', finished = ?, bytes = ? WHERE number = ?", (finished, size, number)
            )
    # 400 bytes in 30 s since the first of the three ended; three of 100 bytes wait, the two of before are gone
    assert queue.progress().seconds_left == pytest.approx(300 / 400 * 30)


def test_a_database_of_other_making_is_refused() -> None:
    with closing(sqlite3.connect(FILE)) as connection, connection:
        connection.execute("CREATE TABLE patients (name TEXT)")
    with pytest.raises(UnwritableOutput) as caught:
        again()
    assert caught.value.code == "not-a-batch"


def test_what_a_killed_run_was_at_waits_in_the_eyes_of_others(queue: JobQueue) -> None:
    queue.take(0)
    assert read_progress(FILE).states == {"running": 1, "waiting": 1, "skipped": 1}
    queue._lock.close()  # as the system does when the process is gone
    assert read_progress(FILE).states == {"waiting": 2, "skipped": 1}
    assert read_progress(FILE).seconds_left is None


def test_names_of_files_that_are_no_text_stay_as_they_are(queue: JobQueue) -> None:
    source = os.fsdecode(b"p/caf\xe9.nii.gz")
    queue.merge([replace(ONE, name="e5", source=source)])
    scan = queue.take(0)
    assert scan is not None
    assert scan.source == source
    queue.finish(scan.number, error="", warned=False, result={"source": source})
    assert [row["source"] for row in queue.results()] == [source]
