"""A series is complete when as many objects have come as the archive has; where it does not say, after a quiet time."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pleura.serving import completeness as module
from pleura.serving.completeness import Completeness
from pleura.serving.config import NodeConfig
from pleura.serving.peer_errors import NotReached
from pleura.serving.storage import NodeStorage

QUIET, OVERDUE = 60.0, 600.0


class Archive:
    """What the archive says of every series, or that it cannot be reached."""

    def __init__(self) -> None:
        self.has: int | None = None
        self.is_down = False
        self.asked = 0

    def count(self, *_: object) -> int | None:
        self.asked += 1
        if self.is_down:
            raise NotReached("no association")
        return self.has


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> Archive:
    archive = Archive()
    monkeypatch.setattr(module, "count_instances", archive.count)
    monkeypatch.setattr(module, "_AGAIN_SECONDS", 0.0)
    return archive


@pytest.fixture
def storage(config: NodeConfig) -> Iterator[NodeStorage]:
    storage = NodeStorage(Path(config.folder))
    storage.began -= 1e6
    yield storage
    storage.close()


@pytest.fixture
def judge(config: NodeConfig, storage: NodeStorage, archive: Archive) -> Completeness:
    config = replace(config, archive="archive", quiet_seconds=QUIET, incomplete_seconds=OVERDUE)
    return Completeness(config, storage)


def come(storage: NodeStorage, series: list[Path], ago: float) -> Path:
    """File objects of a series, the last of them so many seconds ago, and return its folder."""
    for file in series:
        storage.receive(file.read_bytes(), file.name)
    (folder,) = storage.incoming.iterdir()
    then = time.time() - ago
    os.utime(folder, (then, then))
    return folder


def test_a_series_of_which_all_has_come_does_not_wait_for_the_quiet_time(
    judge: Completeness, storage: NodeStorage, archive: Archive, series: list[Path]
) -> None:
    folder = come(storage, series[:5], ago=10.0)
    archive.has = 6
    assert judge.complete() == []
    archive.has = 5
    assert judge.complete() == [folder]
    assert judge.wanted(folder) == 5


def test_the_archive_is_not_asked_while_objects_come(
    judge: Completeness, storage: NodeStorage, archive: Archive, series: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_STILL_SECONDS", QUIET - 10)
    come(storage, series[:5], ago=1.0)
    archive.has = 5
    assert judge.complete() == []
    assert archive.asked == 0


def test_a_series_that_lacks_objects_waits_beyond_the_quiet_time(
    judge: Completeness, storage: NodeStorage, archive: Archive, series: list[Path]
) -> None:
    archive.has = 6
    come(storage, series[:5], ago=QUIET + 10)
    assert judge.complete() == []
    folder = come(storage, series[:5], ago=OVERDUE + 10)
    assert judge.complete() == [folder]
    assert judge.is_overdue(folder)


@pytest.mark.parametrize("has", [None, 4])
def test_where_the_archive_knows_less_the_quiet_time_decides(
    judge: Completeness, storage: NodeStorage, archive: Archive, series: list[Path], has: int | None
) -> None:
    archive.has = has
    come(storage, series[:5], ago=QUIET - 10)
    assert judge.complete() == []
    folder = come(storage, series[:5], ago=QUIET + 10)
    assert judge.complete() == [folder]


def test_an_archive_that_does_not_answer_is_left_alone_and_the_quiet_time_decides(
    judge: Completeness, storage: NodeStorage, archive: Archive, series: list[Path]
) -> None:
    archive.is_down = True
    come(storage, series[:5], ago=QUIET - 10)
    for _ in range(3):
        assert judge.complete() == []
    assert archive.asked == 1
    folder = come(storage, series[:5], ago=QUIET + 10)
    assert judge.complete() == [folder]


def test_what_an_archive_said_before_it_went_down_holds(
    judge: Completeness, storage: NodeStorage, archive: Archive, series: list[Path]
) -> None:
    come(storage, series[:5], ago=QUIET + 10)
    archive.has = 6
    assert judge.complete() == []
    archive.is_down = True
    assert judge.complete() == []


def test_the_archive_is_asked_again_after_a_while_or_when_more_has_come(
    judge: Completeness, storage: NodeStorage, archive: Archive, series: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AGAIN_SECONDS", 1000.0)
    archive.has = 6
    come(storage, series[:5], ago=10.0)
    for _ in range(3):
        judge.complete()
    assert archive.asked == 1
    folder = come(storage, series[:6], ago=10.0)
    assert judge.complete() == [folder]
    assert archive.asked == 2


def test_a_slow_archive_is_asked_of_one_series_after_the_other_and_none_is_complete_before(
    judge: Completeness, storage: NodeStorage, archive: Archive, monkeypatch: pytest.MonkeyPatch, series: list[Path]
) -> None:
    monkeypatch.setattr(module, "_ASKING_SECONDS", 0.1)
    monkeypatch.setattr(module, "count_instances", lambda *_: (time.sleep(0.2), archive.count())[1])
    then = time.time() - QUIET - 10
    for name in "ab":
        folder = storage.incoming / name
        folder.mkdir()
        shutil.copy(series[0], folder / "1.dcm")
        os.utime(folder, (then, then))
    archive.has = 1
    assert [one.name for one in judge.complete()] == ["a"]
    assert [one.name for one in judge.complete()] == ["a", "b"]
    assert archive.asked == 2


def test_a_series_that_cannot_be_read_is_complete_after_the_quiet_time(
    judge: Completeness, storage: NodeStorage, archive: Archive
) -> None:
    folder = storage.incoming / "damaged"
    folder.mkdir()
    (folder / "1.dcm").write_bytes(b"what a lost sector leaves")
    then = time.time() - QUIET - 10
    os.utime(folder, (then, then))
    assert judge.complete() == [folder]
    assert archive.asked == 0


def test_without_an_archive_the_quiet_time_decides(
    config: NodeConfig, storage: NodeStorage, series: list[Path]
) -> None:
    judge = Completeness(replace(config, quiet_seconds=QUIET), storage)
    come(storage, series[:5], ago=QUIET - 10)
    assert judge.complete() == []
    folder = come(storage, series[:5], ago=QUIET + 10)
    assert judge.complete() == [folder]
