"""What changed between two scans, as a table for people."""

from __future__ import annotations

from collections.abc import Iterator

from pleura.measurement.comparison import Comparison
from pleura.reporting.comparison import EXPLANATION, HEAD, cells, marks

_WORDS, _UNIT, _COLUMN, _LAST = 26, 5, 11, 23
"""Letters across."""


def lines(found: Comparison) -> Iterator[str]:
    """Give the table line by line, a block a structure, then what limits it."""
    yield _line("", "", HEAD)
    structure = ""
    for change in found.changes:
        if change.structure != structure:
            structure = change.structure
            yield structure
        yield _line(f"  {change.figure.words}", change.figure.unit, cells(change), marks(found, change))
    yield ""
    yield EXPLANATION
    if found.warnings:
        yield ""
        yield "not all figures can be compared:"
    for number, one in enumerate(found.warnings, start=1):
        yield f"[{number}] {one.message}"


def _line(words: str, unit: str, values: tuple[str, ...], limits: str = "") -> str:
    *columns, last = values
    cells = "".join(f"{value:>{_COLUMN}}" for value in columns)
    return f"{words:<{_WORDS}}{unit:>{_UNIT}}{cells}{last:>{_LAST}}  {limits}".rstrip()
