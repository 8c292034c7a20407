"""What SQLite objects to in the queue of a batch, as errors with names."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pleura.errors import PleuraError, UnwritableOutput

_PRIMARY = 0xFF
"""Bits of an error of SQLite that say its kind (SQLite, "Result and Error Codes")."""
_OF_SYSTEM = {
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
}
"""Kinds of errors that say nothing of what the file holds."""
_PAGES = 32 << 10
"""Bytes by which SQLite extends the index of its WAL: on a disk with less that fails as an I/O error, not as full."""


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Say what SQLite objects to in a file in an error with a name.

    Raises
    ------
    UnwritableOutput
        The disk is full (`disk-full`), cannot be read or written (`not-written`), or the file is of other making
        (`not-a-batch`).
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_NOTADB) & _PRIMARY
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _free_bytes(path.parent) < _PAGES):
            raise disk_full(path.parent) from error
        if code in _OF_SYSTEM:
            text = f"{path} cannot be read or written: {error}; check the disk and who may write there"
            raise UnwritableOutput(text, code="not-written") from error
        text = f"{path} is not the queue of a batch ({error}); name another folder"
        raise UnwritableOutput(text, code="not-a-batch") from error


def _free_bytes(folder: Path) -> int:
    """Return how much may still be written to the disk of a folder; all there could be where nobody knows."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return sys.maxsize


def disk_full(folder: Path) -> PleuraError:
    """Return the error for a disk that takes no more."""
    text = f"{folder}: the disk is full; make space and give the same command again, which goes on where this one ended"
    return UnwritableOutput(text, code="disk-full")
