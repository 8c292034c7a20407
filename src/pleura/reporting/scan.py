"""One scan and its mask as a page: the verdict first, pictures, numbers with what limits them, and how they were made.

The page names no patient. It holds a summary of itself, from which an index over many pages is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pleura.measurement.context import context_of
from pleura.measurement.tables import tables
from pleura.quality.record import ADVICE
from pleura.quality.words import dice_words
from pleura.reporting.histogram import draw_histogram
from pleura.reporting.page_file import check_page_name, write_page
from pleura.reporting.scan_pictures import pictures
from pleura.reporting.summary import kind_of, summarise
from pleura.reporting.template import render
from pleura.segmentation import Segmentation
from pleura.volume import grid_text
from pleura.writing.signature import signature_of


def write_scan_page(segmentation: Segmentation, path: str | Path) -> Path:
    """Write the page of a scan; return `path`.

    Raises
    ------
    UnwritableOutput
        The name ends in neither `.html` nor `.pdf` (`unknown-suffix`), or nothing can be written there.
    MissingExtra
        PDF needs playwright and a browser.
    """
    path = Path(path)
    check_page_name(path)
    write_page(path, scan_page(segmentation, path.stem))
    return path


def scan_page(segmentation: Segmentation, title: str) -> str:
    """Return the page of a scan as text.

    Parameters
    ----------
    segmentation : the scan and its mask
    title : what the page is called; nothing else on it names the scan but its UIDs and hash
    """
    measured, is_empty = segmentation.measurements, not segmentation.labels.any()
    return render(
        "scan.html",
        title=title,
        signature=signature_of(segmentation.volume),
        kind=kind_of(segmentation.volume),
        summary=summarise(segmentation, measured),
        verdict=segmentation.quality.verdict if segmentation.quality else None,
        headline=_headline(segmentation),
        quality=segmentation.quality,
        dice=list(dice_words(segmentation.quality)) if segmentation.quality else [],
        warnings=segmentation.warnings,
        structures=segmentation.structures,
        **pictures(segmentation),
        tables=[] if is_empty else list(tables(measured)),
        histogram=draw_histogram(measured.regions, segmentation.structures),
        limits=() if is_empty else measured.warnings,
        context=context_of(measured),
        provenance=list(_provenance(segmentation)),
        notes=segmentation.volume.notes,
    )


def _headline(segmentation: Segmentation) -> str:
    """Return the verdict in words; of an empty mask that; without a verdict, what the warnings come to."""
    if not segmentation.labels.any():
        return "Nothing was marked"
    if segmentation.quality is None and not segmentation.warnings:
        return "Nobody has judged this mask"
    words = ADVICE[segmentation.quality.verdict if segmentation.quality else "check"]
    return words[0].upper() + words[1:]


def _provenance(segmentation: Segmentation) -> Iterator[tuple[str, str]]:
    """Yield what was read and what made the mask, as words and values."""
    stated, volume = segmentation.provenance, segmentation.volume
    yield "scan", f"{volume.identity.format}, {grid_text(volume)}"
    if made := volume.acquisition:
        yield "kernel", made.kernel or "not stated"
        yield "contrast agent", {True: "given", False: "none", None: "not stated"}[made.contrast]
        if made.slice_thickness_mm is not None:
            yield "slice thickness", f"{made.slice_thickness_mm:g} mm"
    if volume.identity.series_uid:
        yield "series", volume.identity.series_uid
    if volume.identity.sha256:
        yield "hash of the voxels", volume.identity.sha256
    if program := stated.get("program"):
        yield "program", f"{program['name']} {program['version']}"
    if model := stated.get("model"):
        yield "model", f"{model['name']} {model['version']}"
        yield "hash of the model", str(model["sha256"])
    for name, value in (stated.get("parameters") or {}).items():
        yield name, str(value)
