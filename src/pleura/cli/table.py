"""Print a table of masks as CSV, a row a mask: sizes, parts of the lungs, warnings.

MASKS are files, or folders of masks that pleura wrote. Densities need the scans, which a mask does not
hold: pleura segment --table has them, also for masks that are there, with --resume.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass

from pleura.cli.console import NOTHING_DONE, SOME_FAILED, complain, say, warn
from pleura.cli.paths import given_path


@dataclass(frozen=True)
class Options:
    """What `pleura table` is asked for; the fields are its arguments."""

    masks: Sequence[str]
    debug: bool


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.add_argument("masks", nargs="+", type=given_path, metavar="MASKS", help="masks, or folders of them")


def run(options: Options) -> int:
    """Print a row for each mask; exit with 2 where none can be read, with 1 where some cannot."""
    from pleura.batch.mask_table import masks_in, rows_of_masks
    from pleura.batch.table import COLUMNS
    from pleura.batch.table_file import as_csv

    masks = masks_in(options.masks)
    failed = 0
    say(as_csv([dict(zip(COLUMNS, COLUMNS, strict=True))]).rstrip("\n"))
    for row, error in rows_of_masks(masks):
        say(as_csv([row]).rstrip("\n"))
        if error is not None:
            complain(error, debug=options.debug)
            failed += 1
    if failed < len(masks):
        warn(
            "no densities: a mask does not hold its scan; pleura segment SCANS -o MASKS --resume --table FILE has them"
        )
    if not failed:
        return 0
    return NOTHING_DONE if failed == len(masks) else SOME_FAILED
