"""A list of scans as a table: a row a scan, with its path, and if wanted its series and what its results are called."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pleura.errors import InvalidOption, UnreadableInput, missing_extra

SUFFIXES = (".csv", ".parquet")
"""How lists are called."""
_SOURCE = "source"
_COLUMNS = (_SOURCE, "series", "name")
_SEPARATORS = ",;\t"
"""Between columns; spreadsheets write semicolons where a comma stands before decimals."""
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")
"""Of a folder, on any system: Windows cuts off a point at the end."""
_OF_WINDOWS = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices (Microsoft, "Naming Files, Paths, and Namespaces")."""
_OF_BATCH = re.compile(r"(table\b.*\.(csv|parquet)|batch\b.*\.sqlite.*|index\.html)", re.IGNORECASE)
"""Names of files that a batch keeps beside the folders of its scans."""


@dataclass(frozen=True)
class ListedScan:
    """A row of a list; `series` and `name` are empty where the list does not state them."""

    source: str
    series: str = ""
    name: str = ""


def is_list(path: Path) -> bool:
    """Say whether a path is called as a list is."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def read_list(path: Path) -> Iterator[ListedScan]:
    """Yield the rows of a CSV or Parquet file, whose columns are `source` and, if wanted, `series` and `name`.

    Names of columns are compared without case. CSV may have semicolons or tabs for commas, and be UTF-16. Empty
    rows are passed over.

    Raises
    ------
    UnreadableInput
        It cannot be read, or has no column `source` (`not-a-list`); a row has no path (`no-source`).
    InvalidOption
        A name is not one of a folder (`bad-name`).
    MissingExtra
        Parquet needs pyarrow.
    """
    for number, found in enumerate(_parquet(path) if path.suffix.lower() == ".parquet" else _csv(path), start=1):
        one = ListedScan(*((found.get(key) or "").strip() for key in _COLUMNS))
        if not any(found.values()):
            continue
        if not one.source:
            raise UnreadableInput(
                f"{path}: row {number} has no source; write the path of a scan there, or remove the row",
                code="no-source",
            )
        if "\0" in one.source + one.series:
            text = f"{path}: row {number} holds bytes that are no text; save the list anew as CSV in UTF-8"
            raise UnreadableInput(text, code="not-a-list")
        if one.name and (not _NAME.fullmatch(one.name) or _OF_WINDOWS.fullmatch(one.name)):
            text = (
                f"{path}: row {number}: {one.name!r} is no name of a folder on any system; take letters, digits, . _ -"
            )
            raise InvalidOption(text, code="bad-name")
        if _OF_BATCH.fullmatch(one.name):
            text = f"{path}: row {number}: {one.name!r} is the name of a file of the batch; take another"
            raise InvalidOption(text, code="bad-name")
        yield one


def _csv(path: Path) -> Iterator[Mapping[str, str | None]]:
    try:
        with path.open(encoding=_encoding(path), errors="surrogateescape", newline="") as file:
            separator = _separator(file.readline())
            file.seek(0)
            rows = csv.reader(file, delimiter=separator)
            columns = [name.strip().lower() for name in next(rows, [])]
            _refuse_other(path, columns)
            for row in rows:
                yield {column: cell.strip() for column, cell in zip(columns, row, strict=False)}
    except (OSError, UnicodeError, csv.Error) as error:
        raise _no_list(path) from error


def _encoding(path: Path) -> str:
    """Return how the text of a file is coded: in UTF-8, unless it begins as UTF-16 does, which spreadsheets write."""
    with path.open("rb") as file:
        return "utf-16" if file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else "utf-8-sig"


def _separator(header: str) -> str:
    """Return what stands between columns: that by which there is one called `source`, else a comma."""
    by_separator = ((separator, next(csv.reader([header], delimiter=separator), [])) for separator in _SEPARATORS)
    fitting = (separator for separator, names in by_separator if _SOURCE in [name.strip().lower() for name in names])
    return next(fitting, _SEPARATORS[0])


def _parquet(path: Path) -> Iterator[Mapping[str, str | None]]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise missing_extra("pyarrow", "parquet") from None
    try:
        with ParquetFile(path) as file:
            columns = [name for name in file.schema_arrow.names if name.strip().lower() in _COLUMNS]
            _refuse_other(path, [name.strip().lower() for name in columns])
            for batch in file.iter_batches(columns=columns):
                yield from (
                    {key.strip().lower(): _text(cell) for key, cell in row.items()} for row in batch.to_pylist()
                )
    except (OSError, ArrowException) as error:
        raise _no_list(path) from error


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _refuse_other(path: Path, columns: Sequence[str]) -> None:
    if _SOURCE not in columns:
        raise UnreadableInput(
            f"{path} has no column {_SOURCE}, with the paths of the scans; name one so in the first line, with commas, "
            "semicolons or tabs between columns",
            code="not-a-list",
        )


def _no_list(path: Path) -> UnreadableInput:
    text = f"{path} is no list that can be read; see who may read it, or save it anew as CSV or Parquet"
    return UnreadableInput(text, code="not-a-list")
