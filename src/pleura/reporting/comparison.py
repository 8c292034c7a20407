"""Two scans of one patient, or two masks of one scan, on one page: what changed, pictures side by side, histograms."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from itertools import groupby
from pathlib import Path

import numpy as np

from pleura import __version__
from pleura.errors import UnwritableOutput
from pleura.measurement.comparison import Change, Comparison
from pleura.measurement.figures import decimal, signed
from pleura.reporting.histogram import draw_histogram
from pleura.reporting.page_file import check_page_name, write_page
from pleura.reporting.scan_pictures import montage
from pleura.reporting.template import render
from pleura.segmentation import Segmentation
from pleura.volume import grid_text
from pleura.writing.signature import input_of, is_pleura_output

_HEAD = ("first", "second", "change", "%")
_RESCAN = "scan-rescan"
EXPLANATION = (
    "scan-rescan, where it is known: by how much two scans of one patient differ while the lungs stay as they are, on "
    "average, a week apart (many differ by more), or in 95 of 100 pairs, within three months"
)
_TILES = 4
"""Axial slices of each scan: two rows beside those of the other."""


def write_comparison_page(
    path: Path, found: Comparison, results: tuple[Segmentation, Segmentation], names: tuple[str, str]
) -> None:
    """Write the page.

    Parameters
    ----------
    path : ends in `.html` or `.pdf`
    found : what changed
    results : both scans with their masks
    names : what they are called

    Raises
    ------
    UnwritableOutput
        The name ends in neither `.html` nor `.pdf` (`unknown-suffix`), or nothing can be written there.
    MissingExtra
        PDF needs playwright and a browser.
    """
    check_page_name(path)
    write_page(path, comparison_page(found, results, names))


def refuse_to_replace_other(path: Path, results: Sequence[Segmentation]) -> None:
    """Refuse to write over a page of ours that is not the comparison of these two.

    Raises
    ------
    UnwritableOutput
        With the code `other-input`.
    """
    if is_pleura_output(path) and input_of(path) != _digits(results):
        text = f"{path} is not an earlier comparison of these two; name another page, or remove it"
        raise UnwritableOutput(text, code="other-input")


def _digits(results: Sequence[Segmentation]) -> str:
    """Return what the signature names both inputs by: scans by their voxels, masks that were read by theirs too."""
    digest = sha256()
    for result in results:
        digest.update(result.volume.identity.sha256.encode())
        if "model" not in result.provenance:
            digest.update(np.ascontiguousarray(result.labels).data)
    return digest.hexdigest()[:32]


def comparison_page(found: Comparison, results: Sequence[Segmentation], names: Sequence[str]) -> str:
    """Return the page as text."""
    grouped = groupby(found.changes, key=lambda one: one.structure)
    return render(
        "comparison.html",
        title="Two scans compared" if found.rescanned else "Two masks of one scan compared",
        signature=f"pleura {__version__} of {_digits(results)}",
        tables=[((structure, *head(found)), [_row(found, one) for one in changes]) for structure, changes in grouped],
        explanation=EXPLANATION if found.rescanned else "",
        warnings=found.warnings,
        scans=[_scan(result, name) for result, name in zip(results, names, strict=True)],
    )


def head(found: Comparison) -> tuple[str, ...]:
    """Return the heads of the columns of `cells`."""
    return (*_HEAD, _RESCAN) if found.rescanned else _HEAD


def cells(change: Change) -> tuple[str, ...]:
    """Return a change as text: both figures, the change, its percentage, and of two scans what scanning again does."""
    decimals = change.figure.decimals
    numbers = (
        decimal(change.first, decimals),
        decimal(change.second, decimals),
        signed(change.difference, decimals),
        "-" if change.percent is None else signed(change.percent, 1),
    )
    return (*numbers, _rescan(change)) if change.rescanned else numbers


def marks(found: Comparison, change: Change) -> str:
    """Return the numbers of the warnings that concern a change, as `[1] [3]`."""
    return " ".join(f"[{number}]" for number in found.limits_of(change.figure.key))


def _rescan(change: Change) -> str:
    """Return what its source states of scans made again."""
    if limits := change.months_apart_percent:
        return f"{limits[0]:g} to {limits[1]:g} % in 95 of 100"
    return "-" if change.week_apart is None else f"{change.week_apart:g} on average"


def _row(found: Comparison, change: Change) -> tuple[str, ...]:
    words = ", ".join(filter(None, (change.figure.words, change.figure.unit)))
    return (f"{words} {marks(found, change)}".rstrip(), *cells(change))


def _scan(result: Segmentation, name: str) -> dict[str, object]:
    return {
        "name": name,
        "what": f"{result.volume.identity.format}, {grid_text(result.volume)}",
        "warnings": result.warnings,
        "montage": montage(result, _TILES),
        "histogram": draw_histogram(result.measurements.regions, result.structures),
    }
