"""The options that say how scans are segmented and what is written: the same for one call and for a batch."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pleura.cli.format_names import given_formats
from pleura.cli.numbers import whole_number
from pleura.cli.paths import given_name
from pleura.cli.scan_options import add_scan_options
from pleura.conventions import (
    BACKENDS,
    DEVICES,
    FORMAT_NAMES,
    QUALITY_MODES,
    SEG_TYPES,
    BackendName,
    Convention,
    Device,
    MaskFormat,
    Modality,
    QualityMode,
    SegType,
)

if TYPE_CHECKING:
    from pleura.batch.engine import SegmenterOptions


@dataclass(frozen=True)
class SegmentOptions:
    """What scans are segmented with; the fields are arguments."""

    series: str | None
    overwrite: bool
    to: Sequence[MaskFormat]
    seg_type: SegType
    preview: bool | None
    report: bool
    pdf: bool
    quality: QualityMode
    quiet: bool
    fail_on_warning: bool
    modality: Modality
    convention: Convention
    model: str | None
    backend: BackendName
    device: Device
    threads: int | None
    debug: bool


def add_segment_options(parser: ArgumentParser) -> None:
    """Add the options; `SegmentOptions` holds what was given, with ``--debug``, which every verb has."""
    parser.add_argument(
        "--series",
        type=given_name,
        metavar="KEY",
        help="which of several series: its number, a part of its description, its UID; or all",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace results of other inputs, and changed masks")
    parser.add_argument(
        "--to",
        type=given_formats,
        default=(),
        metavar="FORMATS",
        help=f"what to write, one or several with commas between: {', '.join(FORMAT_NAMES)}",
    )
    parser.add_argument("--seg-type", choices=SEG_TYPES, default=SEG_TYPES[0], help="how dicom-seg holds a mask")
    parser.add_argument(
        "--preview",
        action=BooleanOptionalAction,
        help="write a picture of the result beside the mask; done for one scan on a terminal",
    )
    parser.add_argument("--report", action="store_true", help="write a report to look at, one page, beside the mask")
    parser.add_argument("--pdf", action="store_true", help="write that report as PDF, to print or to send")
    parser.add_argument(
        "--quality",
        choices=QUALITY_MODES,
        default="fast",
        help="how masks are judged: by the mirror image of the scan too (full), without (fast), or not at all",
    )
    parser.add_argument("--quiet", action="store_true", help="print warnings and errors only")
    parser.add_argument("--fail-on-warning", action="store_true", help="exit with 3 where a mask has a warning")
    add_scan_options(parser, default=": each lung to the spine (the default), or the lung fields only")
    _add_model_options(parser)


def _add_model_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--model", type=given_name, metavar="BUNDLE", help="folder of another model, or the name of a shipped one"
    )
    parser.add_argument("--backend", choices=BACKENDS, default="auto", help="what runs the network")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where it runs; cuda and mps with torch")
    parser.add_argument(
        "--threads", type=whole_number, metavar="N", help="processor threads; one a core by default, never more"
    )


def segmenter_options(options: SegmentOptions) -> SegmenterOptions:
    """Return what a segmenter is made with."""
    from pleura.batch.engine import SegmenterOptions

    return SegmenterOptions(
        model=options.model,
        modality=options.modality,
        convention=options.convention,
        backend=options.backend,
        device=options.device,
        threads=options.threads,
        quality=options.quality,
    )
