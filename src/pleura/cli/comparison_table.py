"""What changed between two scans, as a table for people."""

from __future__ import annotations

from collections.abc import Iterator

from pleura.measurement.comparison import Comparison
from pleura.reporting.comparison import EXPLANATION, cells, head, marks

_WORDS, _UNIT, _COLUMN, _LAST = 26, 5, 11, 30
"""Letters across."""
_NUMBERS = 4
"""Columns of numbers; the last one, of two scans, holds words."""


def lines(found: Comparison) -> Iterator[str]:
    """Give the table line by line, a block a structure, then what limits it."""
    yield _line("", "", head(found))
    structure = ""
    for change in found.changes:
        if change.structure != structure:
            structure = change.structure
            yield structure
        yield _line(f"  {change.figure.words}", change.figure.unit, cells(change), marks(found, change))
    if found.rescanned:
        yield ""
        yield EXPLANATION
    if found.warnings:
        yield ""
        yield "what limits these figures:"
    for number, one in enumerate(found.warnings, start=1):
        yield f"[{number}] {one.message}"


def _line(words: str, unit: str, values: tuple[str, ...], limits: str = "") -> str:
    columns = "".join(f"{value:>{_COLUMN if number < _NUMBERS else _LAST}}" for number, value in enumerate(values))
    return f"{words:<{_WORDS}}{unit:>{_UNIT}}{columns}  {limits}".rstrip()
