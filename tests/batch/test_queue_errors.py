"""What SQLite objects to has the name of its cause: only a disk without space is full."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pleura.batch import queue_errors
from pleura.errors import UnwritableOutput

FILE = Path("batch.sqlite")


def error_of(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "free", "name"),
    [
        (sqlite3.SQLITE_IOERR_READ, 1 << 30, "not-written"),
        (sqlite3.SQLITE_IOERR_SHMSIZE, 0, "disk-full"),
        (sqlite3.SQLITE_FULL, 1 << 30, "disk-full"),
        (sqlite3.SQLITE_READONLY_DBMOVED, 1 << 30, "not-written"),
        (sqlite3.SQLITE_BUSY, 1 << 30, "not-written"),
        (sqlite3.SQLITE_CORRUPT, 1 << 30, "not-a-batch"),
    ],
)
def test_errors_of_the_disk_are_called_full_where_it_is(
    monkeypatch: pytest.MonkeyPatch, code: int, free: int, name: str
) -> None:
    monkeypatch.setattr(queue_errors, "_free_bytes", lambda _: free)
    with pytest.raises(UnwritableOutput) as caught, queue_errors.named_errors(FILE):
        raise error_of(code)
    assert caught.value.code == name
