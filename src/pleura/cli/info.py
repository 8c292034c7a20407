"""Say what a scan is: its series, geometry, kind of values, coverage and problems, without segmenting it."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pleura.cli.console import say

if TYPE_CHECKING:
    from pleura.reading.summary import SeriesSummary, Survey


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.add_argument("path", type=Path, metavar="INPUT", help="folder of DICOM slices, or a file")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(wishes: Namespace) -> int:
    """Describe one path."""
    from pleura.reading import survey

    found = survey(wishes.path)
    say(json.dumps(asdict(found)) if wishes.json else "\n".join(_lines(found)))
    return 0


def _lines(found: Survey) -> Iterator[str]:
    several = len(found.series) > 1
    for number, series in enumerate(found.series, start=1):
        can = "can be segmented" if series.usable else "cannot be segmented"
        chosen = ", chosen" if several and series.key == found.chosen else ""
        yield f"series {number} of {len(found.series)}: {can}{chosen}"
        yield from (f"  {name}: {fact}" for name, fact in _facts(series).items() if fact)
        said = "note" if series.usable else "problem"
        yield from (f"  {said}: {problem.message}" for problem in series.problems)
    yield from (f"note: {note.message}" for note in found.notes)


def _facts(series: SeriesSummary) -> dict[str, str]:
    """Return what is known of a series, by name; what is not is empty."""
    spacing = " x ".join(f"{step:.2f}" for step in series.spacing) if series.spacing else ""
    return {
        "format": ", ".join(part for part in (series.format, series.object, series.transfer_syntax) if part),
        "modality": series.modality,
        "values": series.kind,
        "shape": " x ".join(str(n) for n in series.shape),
        "spacing": f"{spacing} mm" if spacing else "",
        "slices": series.orientation,
        "coverage": f"{series.coverage:.0f} mm" if series.coverage else "",
        "series": series.key,
    }
