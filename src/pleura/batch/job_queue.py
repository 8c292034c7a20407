"""What is to be done of a batch and what has been done, on disk: a kill at any time loses no scan and doubles none.

A SQLite file in WAL mode in the folder of the results, a row a series and a commit a change. It holds paths as they
were given, series UIDs as the table does, and nothing else that a header states of a patient.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pleura.batch.progress import BatchProgress, progress_of
from pleura.batch.queue_errors import named_errors
from pleura.batch.scan_plan import PlannedScan
from pleura.batch.settings_text import as_option
from pleura.errors import InvalidOption, UnwritableOutput
from pleura.files import system_errors, take_lock

State = Literal["waiting", "running", "done", "failed", "skipped"]
"""What a row is: to be segmented, being segmented, segmented, ended with an error, or not to be segmented."""

_FORMAT = "1"
_TRIALS, _PAUSE = 10, 0.02
"""How often a run asks for its lock, and seconds between: `batch status` holds it for less than a millisecond."""
_APPLICATION = int.from_bytes(b"pleu")
"""By which SQLite knows whose a file is."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS scan (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    source BLOB NOT NULL,
    series TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    slices INTEGER,
    bytes INTEGER NOT NULL,
    stamp TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    warned INTEGER NOT NULL DEFAULT 0,
    finished REAL
);
CREATE TABLE IF NOT EXISTS result (number INTEGER PRIMARY KEY, columns TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS next ON scan (state, attempts, number);
CREATE INDEX IF NOT EXISTS lately ON scan (finished);
"""
_MERGE = """
INSERT INTO scan (name, source, series, state, reason, slices, bytes, stamp)
VALUES (:name, :source, :series, :state, :reason, :slices, :bytes, :stamp)
ON CONFLICT (name) DO UPDATE SET
    source = excluded.source, series = excluded.series, reason = excluded.reason, slices = excluded.slices,
    bytes = excluded.bytes, stamp = excluded.stamp, attempts = 0,
    state = CASE
        WHEN excluded.state = 'skipped' OR stamp <> excluded.stamp OR state NOT IN ('done', 'failed')
            OR (state = 'failed' AND :retry)
        THEN excluded.state ELSE state END
"""


@dataclass(frozen=True)
class QueuedScan:
    """A scan to be segmented: its number in the queue, its name, where it is, and which of its series it is."""

    number: int
    name: str
    source: str
    series: str | None


class JobQueue:
    """The file of a batch.

    Parameters
    ----------
    path : the file; it is made where it is not there
    settings : how the scans are segmented, which one batch has in common

    Raises
    ------
    InvalidOption : the batch was begun with other settings (`other-settings`)
    UnwritableOutput : no batch can be kept there (`not-a-batch`), another run has it (`batch-running`), or the disk
        is full (`disk-full`)
    """

    def __init__(self, path: Path, settings: Mapping[str, str]) -> None:
        self.path = path
        self._lock = _lock(path)
        self._connection = sqlite3.connect(path, isolation_level=None)
        try:
            with named_errors(path):
                self._begin(settings)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file; what is running in vain waits for the next run."""
        with suppress(sqlite3.Error):  # it is closed already, or the disk is full: the next run says the same
            self._connection.execute("UPDATE scan SET state = 'waiting' WHERE state = 'running'")
        self._connection.close()
        if self._lock is not None:
            self._lock.close()

    def merge(self, planned: Iterable[PlannedScan], *, retry: bool = False) -> None:
        """Take in a plan: what is new is added, what has changed since is done again, what was done stays.

        Scans of an earlier plan that were not done, and are in this one no longer, are skipped as `gone`.

        Parameters
        ----------
        retry : do also those again that ended with an error
        """
        with named_errors(self.path), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("UPDATE scan SET reason = 'gone' WHERE state <> 'done'")
            self._connection.executemany(
                _MERGE, ({**one.data(), "source": os.fsencode(one.source), "retry": retry} for one in planned)
            )
            self._connection.execute("UPDATE scan SET state = 'skipped' WHERE reason = 'gone'")

    def take(self, attempts: int) -> QueuedScan | None:
        """Return the next scan that was begun so many times, now as a running one; None where there is none left."""
        with named_errors(self.path):
            found = self._connection.execute(
                "UPDATE scan SET state = 'running' WHERE number = (SELECT number FROM scan WHERE state = 'waiting' "
                "AND attempts = ? ORDER BY number LIMIT 1) RETURNING number, name, source, series",
                (attempts,),
            ).fetchall()
        for number, name, source, series in found:
            return QueuedScan(number, name, os.fsdecode(source), series or None)
        return None

    def waiting(self, attempts: int) -> int:
        """Return how many scans wait that were begun so many times."""
        with named_errors(self.path):
            (count,) = self._connection.execute(
                "SELECT count(*) FROM scan WHERE state = 'waiting' AND attempts = ?", (attempts,)
            ).fetchone()
        return int(count)

    def put_back(self, number: int, attempts: int) -> None:
        """Let a running scan wait again, as one that was begun so many times."""
        with named_errors(self.path):
            self._connection.execute(
                "UPDATE scan SET state = 'waiting', attempts = ? WHERE number = ?", (attempts, number)
            )

    def finish(self, number: int, *, error: str, warned: bool, result: Mapping[str, str]) -> None:
        """Keep what came of a scan: the code of its error or nothing, and its row of the table."""
        values = ("failed" if error else "done", error, warned, time.time(), number)
        with named_errors(self.path), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("INSERT OR REPLACE INTO result VALUES (?, ?)", (number, json.dumps(result)))
            self._connection.execute(
                "UPDATE scan SET state = ?, error = ?, warned = ?, finished = ? WHERE number = ?", values
            )

    def results(self) -> Iterator[dict[str, str]]:
        """Yield the row of the table of each scan that has one, in the order in which they were first planned."""
        with named_errors(self.path):
            found = self._connection.execute(
                "SELECT columns FROM scan JOIN result USING (number) WHERE state IN ('done', 'failed') ORDER BY number"
            )
            for (columns,) in found:
                yield json.loads(columns)

    def progress(self) -> BatchProgress:
        """Return how far the batch is."""
        with named_errors(self.path):
            return progress_of(self._connection)

    def _begin(self, settings: Mapping[str, str]) -> None:
        """Make the tables where the file is new, and let wait what was running when it was left."""
        (owner,) = self._connection.execute("PRAGMA application_id").fetchone()
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and owner != _APPLICATION:
            raise sqlite3.DatabaseError("a database of other making")
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(f"PRAGMA application_id={_APPLICATION}")
        self._connection.executescript(_SCHEMA)
        self._keep(settings)

    def _keep(self, settings: Mapping[str, str]) -> None:
        """Write the settings of a new batch; refuse others than those of one that was begun."""
        found = dict(self._connection.execute("SELECT key, value FROM setting").fetchall())
        wanted = {"format": _FORMAT, **settings}
        other = [key for key, value in wanted.items() if found.get(key, value) != value] if found else []
        if other:
            key = other[0]
            before, now = as_option(key, found[key]), as_option(key, wanted[key])
            text = f"the batch in {self.path.parent} was begun {before}, not {now}; go on so, or name another folder"
            raise InvalidOption(text, code="other-settings")
        began = str(time.time())
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "INSERT OR REPLACE INTO setting VALUES (?, ?)", [*wanted.items(), ("began", began)]
            )
            self._connection.execute("UPDATE scan SET state = 'waiting' WHERE state = 'running'")


def read_progress(path: Path) -> BatchProgress:
    """Return how far the batch of a file is, which another process may be at; what a killed one was at waits.

    Raises `UnwritableOutput` (`not-a-batch`).
    """
    with named_errors(path), closing(sqlite3.connect(_to_read(path), uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        found = progress_of(connection)
    return found if _is_locked(path) else found.interrupted()


def _to_read(path: Path) -> str:
    """Return the address by which SQLite reads a file and changes nothing.

    In WAL mode it makes files beside it even to read; where it may not, a file without a WAL is whole as it is.
    """
    may_write = os.access(path.parent, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
    is_alone = not may_write and not path.with_name(f"{path.name}-wal").exists()
    return f"{path.resolve().as_uri()}?mode=ro{'&immutable=1' if is_alone else ''}"


def _lock(path: Path) -> Any:
    """Lock a file for this process, which need not be there before, and return what holds the lock.

    Raises `UnwritableOutput`: another run has it (`batch-running`), or nothing can be written there (`not-written`).
    """
    with system_errors(path):
        file = path.open("ab")
    for _ in range(_TRIALS):
        if take_lock(file, exclusive=True):
            return file
        time.sleep(_PAUSE)
    file.close()
    text = f"another run works at the batch in {path.parent}; wait for it, or stop it"
    raise UnwritableOutput(text, code="batch-running")


def _is_locked(path: Path) -> bool:
    """Say whether a run has the batch of a file, which need not be writable; others may ask at the same time."""
    try:
        with path.open("rb") as file:
            return not take_lock(file, exclusive=False)
    except OSError:
        return False
