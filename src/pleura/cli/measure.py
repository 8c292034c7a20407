"""Say what the lungs of a scan measure: volumes, densities, and what makes a number meaningless.

Segments SCAN where no MASK is given. MASK is of any format that is read: NIfTI, NRRD, MHA, a picture,
a DICOM segmentation or structure set; it is laid on the scan. Numbers in brackets at the end of a
line lead to what limits it, below. No number is called normal or abnormal.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pleura.cli.console import say, warn
from pleura.cli.json_errors import errors_as_json
from pleura.cli.paths import given_name, given_path
from pleura.cli.scan_options import add_scan_options, refuse_convention
from pleura.conventions import Convention, Modality

if TYPE_CHECKING:
    from pleura.segmentation import Segmentation


@dataclass(frozen=True)
class Options:
    """What `pleura measure` is asked for; the fields are its arguments."""

    scan: str
    mask: str | None
    series: str | None
    json: bool
    modality: Modality
    convention: Convention


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.add_argument("scan", type=given_path, metavar="SCAN", help="folder of DICOM slices, or a file")
    parser.add_argument("mask", type=given_path, nargs="?", metavar="MASK", help="its mask; made where it is left out")
    parser.add_argument(
        "--series",
        type=given_name,
        metavar="KEY",
        help="which of several series: its number, a part of its description, its UID",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    add_scan_options(
        parser, default=", where it is made: each lung to the spine (the default), or the lung fields only"
    )


def run(options: Options) -> int:
    """Measure one scan and print what was found."""
    with errors_as_json(options.json, source=options.scan):
        result = _segmentation(options)
    if options.json:
        say(json.dumps(_data(result, options), allow_nan=False))
    else:
        from pleura.cli.measurement_table import lines

        for line in lines(result):
            say(line)
    for warning in result.warnings:
        warn(f"{options.scan}: {warning.message}")
    return 0


def _segmentation(options: Options) -> Segmentation:
    """Return the scan with the mask that was given, or else with one that is made."""
    from pleura.reading import read, read_labels

    if options.mask is None:
        from pleura.segmenter import Segmenter

        return Segmenter(modality=options.modality, convention=options.convention)(options.scan, series=options.series)
    from pleura.modality.resolve import resolve_kind
    from pleura.quality import with_stated_quality

    refuse_convention(options.convention)
    volume, case_warnings = resolve_kind(read(options.scan, series=options.series), options.modality)
    result = with_stated_quality(read_labels(options.mask, grid=volume), Path(options.mask))
    return replace(result, warnings=(*case_warnings, *result.warnings))


def _data(result: Segmentation, options: Options) -> dict[str, object]:
    """Return one flat object: what was given, how the scan was made, and the numbers."""
    from pleura.measurement.context import context_of

    volume = result.volume
    return {
        "source": options.scan,
        "mask": options.mask,
        "kind": volume.kind.value,
        "acquisition": asdict(volume.acquisition) if volume.acquisition else None,
        **result.measurements.data(),
        "context": [asdict(one) for one in context_of(result.measurements)],
        "mask_warnings": [{"code": note.code, "message": note.message} for note in result.warnings],
        "notes": [{"code": note.code, "message": note.message} for note in volume.notes],
    }
