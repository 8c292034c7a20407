"""The index over the pages of a call: where it lies, and when it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pleura.batch.plan import Job
from pleura.batch.results import Outcome
from pleura.errors import message_of
from pleura.reporting.index import INDEX, Failure, write_index
from pleura.writing.earlier import refuse_to_replace


def index_of(jobs: Sequence[Job]) -> Path | None:
    """Return the folder that gets an index: one that was named, or made, for results; None for a single file.

    Raises
    ------
    UnwritableOutput
        There is a file of that name which is not ours (`output-exists`).
    """
    folder = jobs[0].stem.parent
    if jobs[0].output is not None or (len(jobs) == 1 and folder == Path()):
        return None
    refuse_to_replace(folder / INDEX)
    return folder


def with_index(outcomes: Iterable[Outcome], folder: Path) -> Iterator[Outcome]:
    """Yield outcomes, and write the index when there are no more."""
    failures = []
    for outcome in outcomes:
        if outcome.error is not None:
            failures.append(Failure(outcome.job.named, message_of(outcome.error)))
        yield outcome
    write_index(folder, failures)
