"""Many scans on one page, the worst first, with links to their own pages, from which it is made.

An index is made of pages that lie in a folder, not of what a call has segmented: so it holds the results of earlier
calls too, and is whole after one that was stopped and gone on with. Pages in folders below are of other calls, unless a
batch names them as its own; links lead to what is not of the folder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from pleura import __version__
from pleura.quality.limits import limit_above
from pleura.quality.words import dice_text
from pleura.reporting.page_file import write_page
from pleura.reporting.summary import summary_of
from pleura.reporting.template import render

INDEX = "index.html"
_BEGINNING = 1 << 16
"""Bytes of a page that hold its summary, with a picture of some kilobytes."""
_WORST = ("failed", "reject", "check", "not judged", "good")
"""Verdicts as the index names them, the worst first."""


class Failure(NamedTuple):
    """A scan without a page: its name as it was given, and what went wrong."""

    name: str
    message: str


def write_index(folder: Path, failures: Iterable[Failure] = (), names: Mapping[str, str] | None = None) -> Path:
    """Write the index over the pages in a folder, or in some of those below it, and return its path.

    Parameters
    ----------
    failures : scans that have no page
    names : of the scans whose pages lie in folders of their own, by the path of the folder; without it, the pages in
        `folder` itself are listed, and called as their files are

    Raises
    ------
    UnwritableOutput
        Nothing can be written there.
    """
    path = folder / INDEX
    write_page(path, index_page(list(_rows(folder, names)), failures))
    return path


def index_page(rows: Sequence[Mapping[str, Any]], failures: Iterable[Failure] = ()) -> str:
    """Return the index as text.

    Parameters
    ----------
    rows : the summary of each page, with its `name` and `link`
    failures : scans that have none
    """
    failed = [
        {"name": one.name, "link": "", "verdict": "failed", "flags": [one.message.removeprefix(f"{one.name}: ")]}
        for one in failures
    ]
    ordered = sorted([*map(_named, rows), *failed], key=_rank)
    counts = Counter(row["verdict"] for row in ordered)
    return render(
        "index.html",
        title="Lungs of several scans" if len(ordered) != 1 else "Lungs of one scan",
        signature=f"pleura {__version__}",
        rows=ordered,
        counts=[(verdict, counts[verdict]) for verdict in _WORST if counts[verdict]],
    )


def _rows(folder: Path, names: Mapping[str, str] | None) -> Iterator[dict[str, Any]]:
    """Yield the summary of each page, with the name of its scan, or of its file, and the link to it."""
    for below, name in {"": ""}.items() if names is None else names.items():
        for page in sorted((folder / below).glob("*.html")):
            found = None if page.is_symlink() else summary_of(_beginning(page))
            if found is not None:
                relative = page.relative_to(folder)
                yield {**found, "name": name or page.stem, "link": quote(relative.as_posix())}


def _beginning(page: Path) -> str:
    """Return the first part of a file; nothing of one that cannot be read, and of what is no file."""
    try:
        if not page.is_file():
            return ""
        with page.open("rb") as file:
            return file.read(_BEGINNING).decode(errors="replace")
    except OSError:
        return ""


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its verdict named, the Dice to expect as text, and what stands out as one list."""
    flags = list(dict.fromkeys((*row.get("flags", ()), *row.get("warnings", ()))))
    verdict = row.get("verdict") or "not judged"
    dice = row.get("dice")
    limit = None if dice is None else limit_above(dice)
    expected = "-" if dice is None else dice_text(dice, limit.below if limit else None)
    return {**row, "expected": expected, "verdict": verdict if verdict in _WORST else "not judged", "flags": flags}


def _rank(row: Mapping[str, Any]) -> tuple[int, float, str]:
    dice = row.get("dice")
    return _WORST.index(row["verdict"]), 2.0 if dice is None else dice, row["name"]
