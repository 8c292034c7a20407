"""Rows of a table as Parquet, whose columns have types: numbers are numbers, and what is not known is null."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from pleura.batch.table import COLUMNS, Row, as_text, column_type
from pleura.errors import missing_extra

_OF_FLAGS = {"true": True, "false": False}


def refuse_without_pyarrow() -> None:
    """Raise `MissingExtra` where Parquet cannot be written."""
    if find_spec("pyarrow") is None:
        raise missing_extra("pyarrow", "parquet")


def as_parquet(rows: Iterable[Row]) -> bytes:
    """Return rows as a Parquet file: text, whole numbers of 64 bits, numbers of 64 bits, and true or false."""
    import pyarrow
    from pyarrow.parquet import write_table

    types = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64(), bool: pyarrow.bool_()}
    schema = pyarrow.schema([(name, types[column_type(name)]) for name in COLUMNS])
    found = [{name: _value(name, text) for name, text in row.items()} for row in rows]
    file = BytesIO()
    write_table(pyarrow.Table.from_pylist(found, schema=schema), file)
    return file.getvalue()


def read_parquet(path: Path) -> tuple[list[str], list[Row]]:
    """Return the columns and the rows of a Parquet file; raises `OSError` or `ValueError` where it is none."""
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        columns = list(file.schema_arrow.names)
        found = file.read().to_pylist() if columns == list(COLUMNS) else []
    return columns, [as_text(row) for row in found]


def _value(name: str, text: str) -> Any:
    """Return what a text of a column stands for; None where it is empty, but for text."""
    kind = column_type(name)
    if kind is str:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if not text:
        return None
    return _OF_FLAGS[text] if kind is bool else kind(text)
