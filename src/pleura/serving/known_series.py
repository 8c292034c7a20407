"""Which series a node has had, and how many objects of each: what an archive is never asked for again.

A SQLite file in the folder of the node, a row a series: a hash of its UIDs and a number. A series that was fetched
moves through `fetched`, where it is whole, so that a kill between the row and the move to `incoming` loses nothing.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from pleura.errors import PleuraError, UnwritableOutput
from pleura.files import make_folder
from pleura.serving.storage import NodeStorage, series_header, synced

_SCHEMA = "CREATE TABLE IF NOT EXISTS series (key TEXT PRIMARY KEY, objects INTEGER NOT NULL) WITHOUT ROWID"
_KIND = 0xFF
"""Bits of an error of SQLite that say its kind (SQLite, "Result and Error Codes")."""
_ADD = """
INSERT INTO series VALUES (?, ?)
ON CONFLICT (key) DO UPDATE SET objects = excluded.objects WHERE excluded.objects > objects
"""


class KnownSeries:
    """The file and the folder; threads may share them. Its methods raise `OSError` where the disk does not do its work.

    Parameters
    ----------
    folder : of the node

    Raises
    ------
    UnwritableOutput : the file cannot be read or written, or is none of a node (`not-written`)
    """

    def __init__(self, folder: Path, storage: NodeStorage) -> None:
        self._file, self._fetched = folder / "series.sqlite", folder / "fetched"
        self._storage = storage
        self._lock, self._bringing = Lock(), Lock()
        make_folder(self._fetched)
        try:
            self._database = sqlite3.connect(self._file, check_same_thread=False)
            self._begin()
        except sqlite3.Error as error:
            text = f"{self._file} cannot be read or written ({error}); move it away if it is damaged, to begin anew"
            raise UnwritableOutput(text, code="not-written") from error

    def _begin(self) -> None:
        try:
            self._database.execute(_SCHEMA)
        except BaseException:
            self._database.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def objects(self, key: str) -> int:
        """Return how many objects of a series the node has had; 0 where it does not know it."""
        with self._lock, _as_errors_of_system():
            row = self._database.execute("SELECT objects FROM series WHERE key = ?", (key,)).fetchone()
        return row[0] if row else 0

    def add(self, key: str, objects: int) -> None:
        """Note that the node has had so many objects of a series."""
        with self._lock, _as_errors_of_system(), self._database:
            self._database.execute(_ADD, (key, objects))

    def take(self, series: Path, key: str) -> str:
        """Bring a folder with a series that was fetched, in one move, to what has come; return what it is called there.

        Two archives may give the same series at the same time: one waits for the other, whose folder has the same name.

        Raises
        ------
        UnreadableInput : the header of an object cannot be read
        OSError : the disk is full, or cannot be written
        """
        series_header(series)  # what cannot be read is not taken
        self._storage.sync(series)
        with self._bringing:
            with synced(self._fetched):
                whole = series.rename(self._fetched / key)
            return self._bring(whole)

    def go_on(self) -> None:
        """Bring what was fetched as a whole before a kill, or a disk that did not do its work, held it up.

        Raises
        ------
        OSError : the disk still does not do its work
        """
        with self._bringing:
            failed: list[OSError] = []
            for whole in sorted(filter(Path.is_dir, self._fetched.iterdir())):
                try:
                    self._bring(whole)
                except (IndexError, PleuraError):  # a disk has lost it since: it is fetched again
                    shutil.rmtree(whole, ignore_errors=True)
                except OSError as problem:  # the others may be well
                    failed.append(problem)
        if failed:
            raise failed[0]

    def _bring(self, whole: Path) -> str:
        header, count = series_header(whole)
        self.add(whole.name, count)
        return self._storage.bring(whole, header)


@contextmanager
def _as_errors_of_system() -> Iterator[None]:
    """Raise what SQLite says, of a disk that is full or cannot be read, as `OSError`."""
    try:
        yield
    except sqlite3.Error as error:
        full = getattr(error, "sqlite_errorcode", 0) & _KIND == sqlite3.SQLITE_FULL
        raise OSError(errno.ENOSPC if full else errno.EIO, str(error)) from error
