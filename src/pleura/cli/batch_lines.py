"""How far a batch is, in a few lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pleura.batch.progress import BatchProgress
from pleura.text import duration, quantity

_MOST_PARTS = 10
"""Numbers of parts in a line."""


def progress_lines(found: BatchProgress) -> Iterator[str]:
    """Give how many scans are done, which errors there were, and for how long it goes on."""
    states = [
        f"{found.states[state]} {state}"
        for state in ("done", "failed", "running", "waiting")
        if found.states.get(state)
    ]
    yield f"{quantity(found.scans, 'scan')}: {', '.join(states) or 'none to be segmented'}"
    if skipped := found.states.get("skipped"):
        yield f"{skipped} series skipped: {_listed(found.reasons)}"
    if found.errors:
        yield f"errors: {_listed(found.errors)}"
    if found.warned:
        yield f"{quantity(found.warned, 'mask has', 'masks have')} a warning"
    if left := remaining(found):
        yield f"{left}, at the pace of the last scans"


def part_lines(not_begun: Mapping[int, Sequence[int]]) -> Iterator[str]:
    """Give which parts are not begun, by how many there are; their scans are not counted."""
    for count, numbers in not_begun.items():
        listed = ", ".join(map(str, numbers[:_MOST_PARTS])) + (", ..." if len(numbers) > _MOST_PARTS else "")
        parts = "part" if len(numbers) == 1 else "parts"
        yield f"{count - len(numbers)} of {count} parts begun, not {parts} {listed}, whose scans are not counted"


def remaining(found: BatchProgress) -> str:
    """Return for about how long it goes on; nothing where it has ended, or too few scans have to tell."""
    if found.finished == found.scans or found.seconds_left is None:
        return ""
    return f"about {duration(found.seconds_left)} left"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {code}" for code, count in sorted(counts.items()))
