"""`pleura info`: what a scan is, and what stands in the way, without segmenting it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from pleura.cli.console import answering


def info(
    path: Annotated[Path, typer.Argument(metavar="INPUT", help="Folder of DICOM slices, or a file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Say what a scan is: its series, geometry, kind of values, coverage and problems."""
    from pleura.reading import survey

    with answering(debug):
        found = asdict(survey(path))
        typer.echo(json.dumps(found) if as_json else "\n".join(_lines(found)))


def _lines(facts: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Yield `name: value` for every fact that is known; what holds facts itself is set in below its name."""
    for name, value in facts.items():
        title = f"{indent}{name.replace('_', ' ')}"
        if isinstance(value, Mapping):
            yield f"{title}:"
            yield from _lines(value, indent + "  ")
        elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            for number, part in enumerate(value, start=1):
                if set(part) == {"code", "message"}:
                    yield f"{title}: {part['message']}"
                else:
                    yield f"{title} {number} of {len(value)}:"
                    yield from _lines(part, indent + "  ")
        elif value is not None and value != "" and value != () and value != []:
            yield f"{title}: {_text(value)}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, list | tuple):
        return " x ".join(_text(part) for part in value)
    return str(value)
