"""What changed between two scans, as a table for people."""

from __future__ import annotations

from collections.abc import Iterator

from pleura.measurement.comparison import Comparison
from pleura.reporting.comparison import EXPLANATION, HEAD, cells

_WORDS, _UNIT, _COLUMN = 26, 5, 16
"""Letters across."""


def lines(found: Comparison) -> Iterator[str]:
    """Give the table line by line, a block a structure, then what limits it."""
    yield _line("", "", HEAD)
    structure = ""
    for change in found.changes:
        if change.structure != structure:
            structure = change.structure
            yield structure
        yield _line(f"  {change.figure.words}", change.figure.unit, cells(change))
    yield ""
    yield EXPLANATION
    yield from (one.message for one in found.warnings)


def _line(words: str, unit: str, values: tuple[str, ...]) -> str:
    return f"{words:<{_WORDS}}{unit:>{_UNIT}}{''.join(f'{value:>{_COLUMN}}' for value in values)}".rstrip()
