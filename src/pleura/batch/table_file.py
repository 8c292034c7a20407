"""The table of a batch as a file, to which each run adds: a scan that was there has its row replaced.

To CSV a new row is appended at once, so that a run that is killed loses none; rows that take the place of others, and
all of Parquet, are written when the run ends or is stopped, as one new file.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pleura.batch.parquet_table import is_parquet_table, read_parquet, refuse_without_pyarrow, write_parquet
from pleura.batch.results import Outcome
from pleura.batch.table import COLUMNS, Row, as_text, row
from pleura.errors import InvalidOption, UnwritableOutput
from pleura.files import atomic_write, folder_lock, system_errors

_CSV, _PARQUET = ".csv", ".parquet"

Key = tuple[str, str]
"""The path of a scan, and its series."""


class TableFile:
    """A table on disk.

    Parameters
    ----------
    path : a file that ends in .csv or .parquet; it need not be there

    Raises
    ------
    InvalidOption : the name ends otherwise (`table-suffix`)
    UnwritableOutput : a file of other columns, or none that can be read, is there (`not-a-table`); or there is no such
        folder (`no-such-folder`)
    MissingExtra : Parquet needs pyarrow
    """

    def __init__(self, path: Path) -> None:
        if path.suffix.lower() not in {_CSV, _PARQUET}:
            text = f"{path}: a table is CSV or Parquet; end its name in {_CSV} or {_PARQUET}"
            raise InvalidOption(text, code="table-suffix")
        if path.suffix.lower() == _PARQUET:
            refuse_without_pyarrow()
        self.path = path
        self._replaced: dict[Key, Row] = {}
        if not path.parent.is_dir():
            raise UnwritableOutput(f"there is no folder {path.parent}; make it first", code="no-such-folder")
        self._known = set(read_rows(path))

    def add(self, added: Row) -> None:
        """Add the row of a scan, or keep it to replace the one that is there."""
        key = _key(added)
        if key in self._known or self.path.suffix.lower() == _PARQUET:
            self._replaced[key] = added
            return
        self._known.add(key)
        with folder_lock(self.path.parent):
            if not _ends_whole(self.path):
                self._write(read_rows(self.path).values())
            with system_errors(self.path), self.path.open("ab") as file:
                file.write(_encoded([added]))

    def close(self) -> None:
        """Write the rows that replace others; all others, also those that another run has added since, stay."""
        if not self._replaced:
            return
        with folder_lock(self.path.parent):
            rows = read_rows(self.path) | self._replaced
            self._write(rows.values())

    def _write(self, rows: Iterable[Row]) -> None:
        write_table(self.path, rows)


def write_table(path: Path, rows: Iterable[Row]) -> None:
    """Write a whole table, as CSV or Parquet by its suffix; what rows lack is empty."""
    with atomic_write(path) as file:
        if path.suffix.lower() == _PARQUET:
            write_parquet(file, map(as_text, rows))
            return
        file.write(_encoded([dict(zip(COLUMNS, COLUMNS, strict=True))]))
        for one in rows:
            file.write(_encoded([one]))


def add_to_table(outcomes: Iterable[Outcome], table: TableFile) -> Iterator[Outcome]:
    """Yield what comes of each scan once its row is in the table; rows that replace others come last."""
    try:
        for outcome in outcomes:
            table.add(row(outcome))
            yield outcome
    finally:
        table.close()


def read_rows(path: Path) -> dict[Key, Row]:
    """Return the rows of a table by path and series, the last of each; nothing where there is no file.

    Raises `UnwritableOutput` (`not-a-table`).
    """
    try:
        columns, rows = read_parquet(path) if path.suffix.lower() == _PARQUET else _read_csv(path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, csv.Error) as error:
        raise UnwritableOutput(f"{path} is no table that can be added to", code="not-a-table") from error
    if columns and tuple(columns) != COLUMNS:
        raise UnwritableOutput(f"{path} is a file of other columns; name another for the table", code="not-a-table")
    return {_key(one): one for one in rows}


def _read_csv(path: Path) -> tuple[list[str], list[Row]]:
    """Return the columns and the rows of a CSV file; of one whose rows are of other lengths, the first row alone."""
    text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
    whole = text[: text.rfind("\n") + 1]  # the end of a run that was killed may be half a row
    lines = list(csv.reader(io.StringIO(whole, newline="")))
    if any(len(line) != len(COLUMNS) for line in lines) or (text and not lines):
        return [text[:80]], []
    return lines[0] if lines else [], [dict(zip(COLUMNS, line, strict=True)) for line in lines[1:]]


def is_table(path: Path) -> bool:
    """Say whether a file begins as a table does that `pleura` has written."""
    head = _encoded([dict(zip(COLUMNS, COLUMNS, strict=True))])
    if not path.is_file():
        return False
    if path.suffix.lower() == _PARQUET:
        return is_parquet_table(path)
    with system_errors(path), path.open("rb") as file:
        return file.read(len(head)) == head


def _ends_whole(path: Path) -> bool:
    """Say whether a table is there and its last row is whole."""
    with system_errors(path):
        if not path.exists() or not path.stat().st_size:
            return False
        with path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read() == b"\n"


def _key(one: Row) -> Key:
    return os.path.normpath(one["source"]), one["series"]


def as_csv(rows: Iterable[Row]) -> str:
    r"""Return rows as CSV (RFC 4180) whose lines end in ``\n``, so that a line that ends is whole."""
    text = io.StringIO(newline="")
    csv.DictWriter(text, COLUMNS, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _encoded(rows: Iterable[Row]) -> bytes:
    return as_csv(rows).encode("utf-8", "surrogateescape")
