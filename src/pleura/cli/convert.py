"""Write a mask in another format, on the grid of the scan that it is of.

MASK is a DICOM segmentation or RT structure set, NIfTI, NRRD, MHA or MHD, or a picture of one slice; or a
folder, which stands for the DICOM segmentations and structure sets in it that refer to the scan: one, or one
for each lung. OUTPUT ends in .nii.gz, .nii, .nrrd, .mha, .dcm (a DICOM segmentation; with --to rtstruct a
structure set), or .png for one slice. Each voxel of the scan gets what the mask has at the same place in the
patient, or nearest to it. A mask of another scan is refused. A DICOM object holds the patient's name and
data, as the scan does; nothing else that is written or printed holds them.
"""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path

from pleura.cli.console import WARNED, say, warn
from pleura.cli.paths import given_name, path
from pleura.conventions import FORMAT_NAMES, SEG_TYPES, MaskFormat, SegType


@dataclass(frozen=True)
class Options:
    """What `pleura convert` is asked for; the fields are its arguments."""

    mask: Path
    output: Path
    like: Path
    series: str | None
    to: MaskFormat | None
    seg_type: SegType
    overwrite: bool
    quiet: bool
    fail_on_warning: bool


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.usage = "pleura convert [options] MASK --like SCAN OUTPUT"
    parser.add_argument("mask", type=path, metavar="MASK", help="file of a mask, or folder of DICOM masks")
    parser.add_argument("output", type=path, metavar="OUTPUT", help="file to write")
    parser.add_argument("--like", type=path, metavar="SCAN", required=True, help="the scan that the mask is of")
    parser.add_argument(
        "--series",
        type=given_name,
        metavar="KEY",
        help="which of several series of the scan: its number, a part of its description, its UID",
    )
    parser.add_argument("--to", choices=FORMAT_NAMES, help="what to write; what the suffix stands for by default")
    parser.add_argument("--seg-type", choices=SEG_TYPES, default=SEG_TYPES[0], help="how dicom-seg holds a mask")
    parser.add_argument("--overwrite", action="store_true", help="replace results of other scans, and changed masks")
    parser.add_argument("--quiet", action="store_true", help="print warnings and errors only")
    parser.add_argument("--fail-on-warning", action="store_true", help="exit with 3 where the mask has a warning")


def run(options: Options) -> int:
    """Convert one mask."""
    from pleura.batch.conversion import Conversion, convert_mask
    from pleura.cli.outcome import measured_words

    found = convert_mask(
        Conversion(
            options.mask,
            options.like,
            options.output,
            series=options.series,
            format=options.to,
            seg_type=options.seg_type,
            overwrite=options.overwrite,
        )
    )
    if not options.quiet:
        say(", ".join(measured_words(found.sizes)))
        say(f"written: {options.output}")
    for note in found.warnings:
        warn(f"{options.mask}: {note.message}")
    return WARNED if found.warnings and options.fail_on_warning else 0
