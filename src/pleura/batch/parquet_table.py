"""Rows of a table as Parquet, whose columns have types: numbers are numbers, and what is not known is null."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import IO, Any

from pleura.batch.table import COLUMNS, Row, as_text, column_type
from pleura.errors import missing_extra

_OF_FLAGS = {"true": True, "false": False}
_LARGEST = (1 << 63) - 1
"""Whole number of 64 bits."""
_GROUP = 1000
"""Rows that are held at once, as a row group."""


def refuse_without_pyarrow() -> None:
    """Raise `MissingExtra` where Parquet cannot be written."""
    if find_spec("pyarrow") is None:
        raise missing_extra("pyarrow", "parquet")


def write_parquet(file: IO[bytes], rows: Iterable[Row]) -> None:
    """Write rows as Parquet: text, whole numbers of 64 bits, numbers of 64 bits, and true or false."""
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    types = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64(), bool: pyarrow.bool_()}
    schema = pyarrow.schema([(name, types[column_type(name)]) for name in COLUMNS])
    found = ({name: _value(name, text) for name, text in row.items()} for row in rows)
    with ParquetWriter(file, schema) as writer:
        while group := list(islice(found, _GROUP)):
            writer.write_table(pyarrow.Table.from_pylist(group, schema=schema))


def read_parquet(path: Path) -> tuple[list[str], list[Row]]:
    """Return the columns and the rows of a Parquet file; raises `OSError` or `ValueError` where it is none."""
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        columns = list(file.schema_arrow.names)
        found = file.read().to_pylist() if columns == list(COLUMNS) else []
    return columns, [as_text(row) for row in found]


def is_parquet_table(path: Path) -> bool:
    """Say whether a file is Parquet with the columns of a table."""
    from pyarrow.parquet import read_schema

    try:
        return tuple(read_schema(path).names) == COLUMNS
    except (OSError, ValueError):
        return False


def _value(name: str, text: str) -> Any:
    """Return what a text of a column stands for; None where it is empty or stands for nothing, but for text."""
    kind = column_type(name)
    if kind is str:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if kind is bool:
        return _OF_FLAGS.get(text)
    try:
        value = int(text) if kind is int else float(text)
    except ValueError:  # of a sidecar that was edited
        return None
    return None if kind is int and abs(value) > _LARGEST else value
