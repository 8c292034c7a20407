"""Print a table of masks as CSV, a row a mask: sizes, densities, parts of the lungs, warnings.

MASKS are files, or folders of masks that pleura wrote. Densities need the scans, which a mask does not
hold: one that lies beside its mask under the name that it was segmented by is found, others are named
with --scans. What has no scan stays empty, as is said.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

from pleura.cli.console import NOTHING_DONE, SOME_FAILED, complain, say, warn
from pleura.cli.paths import given_path, path


@dataclass(frozen=True)
class Options:
    """What `pleura table` is asked for; the fields are its arguments."""

    masks: Sequence[str]
    scans: Sequence[str]
    output: Path | None
    debug: bool


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.add_argument("masks", nargs="+", type=given_path, metavar="MASKS", help="masks, or folders of them")
    parser.add_argument(
        "--scans", nargs="+", type=given_path, default=(), metavar="INPUT", help="their scans, as they were segmented"
    )
    parser.add_argument(
        "-o", "--output", type=path, metavar="FILE", help="add the rows to this .csv or .parquet; do not print them"
    )


def run(options: Options) -> int:
    """Give a row for each mask; exit with 2 where none can be read, with 1 where some cannot."""
    from pleura.batch.mask_table import masks_in, rows_of_masks
    from pleura.batch.scan_of_mask import ScansOfMasks
    from pleura.batch.table import COLUMNS
    from pleura.batch.table_file import TableFile, as_csv
    from pleura.errors import message_of

    masks = masks_in(options.masks)
    scans, table = ScansOfMasks(options.scans), TableFile(options.output) if options.output else None
    failed, reasons = 0, Counter[str]()
    if table is None:
        say(as_csv([dict(zip(COLUMNS, COLUMNS, strict=True))]).rstrip("\n"))
    with closing(table) if table else nullcontext():
        for found in rows_of_masks(masks, scans):
            if table is None:
                say(as_csv([found.row]).rstrip("\n"))
            else:
                table.add(found.row)
            if found.error is not None:
                complain(found.error, debug=options.debug)
                failed += 1
            elif found.without_scan is not None:
                reasons[message_of(found.without_scan)] += 1
    for reason, count in reasons.items():
        warn(f"no densities of {count} of {len(masks)} masks: {reason}")
    if not failed:
        return 0
    return NOTHING_DONE if failed == len(masks) else SOME_FAILED
