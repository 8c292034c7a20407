"""What came of one scan: as lines for people, as an object for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pleura.batch.plan import Job
from pleura.cli.console import complain, flush, say, sentence, warn
from pleura.errors import AmbiguousInput, PleuraError
from pleura.labels import have_sides
from pleura.segmentation import Segmentation
from pleura.volume import grid_text


@dataclass(frozen=True)
class Outcome:
    """What came of one scan.

    Attributes
    ----------
    lines : for people; empty where it failed
    data : for programs
    warnings : each with the name of the mask
    error : what went wrong, or None
    """

    data: Mapping[str, Any]
    lines: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: Exception | None = None


def written(result: Segmentation, data: Mapping[str, Any]) -> Outcome:
    """Return the outcome of a scan whose mask was written; `data` names its place."""
    return Outcome(data, tuple(_lines(result, data)), _warnings(data))


def left_alone(data: Mapping[str, Any]) -> Outcome:
    """Return the outcome of a scan whose mask was there already; its warnings hold as before."""
    return Outcome(data, (f"there already: {data['output']}",), _warnings(data))


def failed(error: Exception, job: Job, number: int) -> Outcome:
    """Return the outcome of a scan that has no mask."""
    return Outcome({**identified(job, number), **error_data(error)}, error=error)


def error_data(error: Exception) -> dict[str, Any]:
    """Return an error as data: code and message, and where it asks for a choice, the choices."""
    unnamed = "not-written" if isinstance(error, OSError) else "unexpected"  # readers name what they meet
    code = error.code if isinstance(error, PleuraError) else unnamed
    choices = [choice.data() for choice in error.choices] if isinstance(error, AmbiguousInput) else []
    return {"error": code, "message": sentence(error), **({"choices": choices} if choices else {})}


def identified(job: Job, number: int) -> dict[str, Any]:
    """Return what identifies a scan among those of the call: its number from 1, its name as given, its series."""
    return {"number": number + 1, "source": job.given, **({"series": job.series} if job.series else {})}


def report(outcome: Outcome, prefix: str, *, as_json: bool, quiet: bool, debug: bool) -> None:
    """Print what came of one scan: results to stdout, warnings and errors to stderr."""
    if outcome.error is not None:
        complain(outcome.error, debug=debug)
    if as_json:
        say(json.dumps(outcome.data))
    elif outcome.lines and not quiet:
        for number, line in enumerate(outcome.lines):
            say(line if number else prefix + line)
    flush()
    for warning in outcome.warnings:
        warn(warning)


def _warnings(data: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(f"{Path(data['output']).name}: {warning['message']}" for warning in data["warnings"])


def _lines(result: Segmentation, data: Mapping[str, Any]) -> Iterator[str]:
    """Give what was read, what was found and where it is, line by line."""
    volume = result.volume
    yield f"{volume.identity.format}, {grid_text(volume)}"
    yield from (f"note: {note.message}" for note in volume.notes)
    yield ", ".join(_measured(result))
    picture = data["preview"]
    yield f"written: {data['output']}{f' and {picture}' if picture else ''}"


def _measured(result: Segmentation) -> Iterator[str]:
    """Give the size of each structure; of lungs their litres, of a radiograph heights and what left is of right."""
    measured = result.measurements
    for size in measured.sizes:
        yield f"{size.label.name} {size}"
        if size.height_cm is not None:
            yield f"{size.height_cm:.1f} cm high"
    millilitres = [size.ml for size in measured.sizes if size.ml is not None]
    if millilitres and have_sides(result.structures):
        yield f"together {sum(millilitres) / 1000:.2f} L"
    if measured.left_to_right is not None:
        yield f"left to right {measured.left_to_right:.2f}"
