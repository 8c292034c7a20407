"""What was measured of one scan, as tables in a terminal: whole lungs, their parts, below what limits the numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from pleura.measurement.context import context_of
from pleura.measurement.tables import Table, tables
from pleura.segmentation import Segmentation
from pleura.volume import grid_text

_WORDS, _UNIT, _COLUMN = 42, 5, 13
"""Letters across."""
_MOST_COLUMNS = 6
"""Structures that still make a line that can be read."""


def lines(result: Segmentation) -> Iterator[str]:
    """Give the tables of one scan, line by line."""
    measured = result.measurements
    yield f"{result.volume.identity.format}, {grid_text(result.volume)}"
    yield from (f"note: {note.message}" for note in result.volume.notes)
    for table in tables(measured):
        yield from _of_table(table)
    if measured.warnings:
        yield ""
    for number, warning in enumerate(measured.warnings, start=1):
        yield f"{_marks([number])} {warning.message}"
    if others := context_of(measured):
        yield ""
        yield "what others measured of both lungs, in full inspiration:"
    for one in others:
        yield f"{one.words}: {one.found}, of {one.population} ({one.source})"


def _of_table(table: Table) -> Iterator[str]:
    if table.of == "structures" and len(table.columns) > _MOST_COLUMNS:
        yield f"{_MOST_COLUMNS} of {len(table.columns)} structures; --json gives all"
    if table.columns:
        yield ""
        yield _line(table.name if table.of == "parts" else "", "", table.columns, chain(*table.limits))
    for line in table.lines:
        yield _line(line.words, line.unit, line.cells, line.limits)


def _marks(limits: Iterable[int]) -> str:
    return "".join(f"[{number}]" for number in sorted(set(limits)))


def _line(words: str, unit: str, cells: Sequence[str], limits: Iterable[int]) -> str:
    columns = "".join(f"{cell[: _COLUMN - 1]:>{_COLUMN}}" for cell in cells[:_MOST_COLUMNS])
    unit = unit.rjust(_UNIT)
    return f"{words:<{_WORDS + _UNIT - len(unit)}}{unit}{columns}  {_marks(limits)}".rstrip()
