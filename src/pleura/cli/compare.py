"""Say what changed between two scans of one patient, or between two masks of one scan.

FIRST and SECOND are scans, which are segmented, or with --scan masks of that one scan. Beside each change
of both lungs between two scans stands, where it is known, by how much scans of one patient differ while
the lungs stay as they are. Nothing is called better or worse.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pleura.cli.console import say, warn
from pleura.cli.json_errors import errors_as_json
from pleura.cli.paths import given_path, path
from pleura.cli.scan_options import add_scan_options, refuse_convention
from pleura.conventions import Convention, Modality

if TYPE_CHECKING:
    from pleura.segmentation import Segmentation


@dataclass(frozen=True)
class Options:
    """What `pleura compare` is asked for; the fields are its arguments."""

    first: str
    second: str
    scan: str | None
    output: Path | None
    json: bool
    modality: Modality
    convention: Convention


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.add_argument("first", type=given_path, metavar="FIRST", help="the earlier scan, or the first mask")
    parser.add_argument("second", type=given_path, metavar="SECOND", help="the later scan, or the second mask")
    parser.add_argument("--scan", type=given_path, metavar="SCAN", help="the scan that FIRST and SECOND are masks of")
    parser.add_argument("-o", "--output", type=path, metavar="REPORT", help="write a report of both, as .html or .pdf")
    parser.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    add_scan_options(
        parser, default=", where it is made: each lung to the spine (the default), or the lung fields only"
    )


def run(options: Options) -> int:
    """Compare, print what changed, and write the report."""
    with errors_as_json(options.json):
        return _run(options)


def _run(options: Options) -> int:
    from pleura.batch.overwrite import identities, refuse_to_overwrite
    from pleura.cli.comparison_table import lines
    from pleura.measurement.comparison import compare
    from pleura.reporting.comparison import refuse_to_replace_other, write_comparison_page
    from pleura.reporting.page_file import check_page_name

    if options.scan is not None:
        refuse_convention(options.convention)
    if options.output:
        check_page_name(options.output)
        inputs = map(Path, filter(None, (options.first, options.second, options.scan)))
        refuse_to_overwrite([options.output], identities(inputs))
    first, second = _segmentations(options)
    if options.output:
        refuse_to_replace_other(options.output, (first, second))
    found = compare(first.measurements, second.measurements, first.volume, second.volume)
    if options.json:
        say(json.dumps({"first": options.first, "second": options.second, **found.data()}, allow_nan=False))
    else:
        for line in lines(found):
            say(line)
    if options.output:
        names = _name(options.first), _name(options.second)
        write_comparison_page(options.output, found, (first, second), names)
        if not options.json:
            say(f"written: {options.output}")
    for name, result in ((options.first, first), (options.second, second)):
        for warning in result.warnings:
            warn(f"{name}: {warning.message}")
    return 0


def _name(given: str) -> str:
    """Return what an input is called in the report; the folder that one works in has its own name."""
    return Path(given).name or Path(given).absolute().name


def _segmentations(options: Options) -> tuple[Segmentation, Segmentation]:
    """Return both scans with their masks, or one scan with two."""
    if options.scan is None:
        from pleura.segmenter import Segmenter

        segmenter = Segmenter(modality=options.modality, convention=options.convention)
        return segmenter(options.first), segmenter(options.second)
    from pleura.modality.resolve import resolve_kind
    from pleura.quality import with_stated_quality
    from pleura.reading import read, read_labels

    volume, notes = resolve_kind(read(options.scan), options.modality)
    masks = options.first, options.second
    first, second = (with_stated_quality(read_labels(mask, grid=volume), Path(mask)) for mask in masks)
    return replace(first, warnings=(*notes, *first.warnings)), second
