"""Make a data set of the images and masks in dataset/ or data/, as the project's description asks.

    python preprocess.py [FOLDER [DEST]] [options of pleura prepare]

Clips CT to -125..275 HU, resamples it to 1 x 1 x 1 mm and keeps the middle slices, 256 x 256: the preset `original` of
`pleura prepare`, which does the same with more options. FOLDER is another folder of images and masks; the data set goes
to prepared/, or DEST.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from project import end_with, find_source, here, show_help

from pleura.cli import main


def preprocess(arguments: Sequence[str]) -> int:
    """Make the data set; return the exit code."""
    given = list(arguments)
    if {"-h", "--help"} & set(given):
        return show_help("prepare", "preprocess.py [options] [FOLDER [DEST]]", __doc__)
    source = given.pop(0) if given and not given[0].startswith("-") else str(find_source())
    dest = given.pop(0) if given and not given[0].startswith("-") else str(here("prepared"))
    return main(["prepare", source, dest, "--preset", "original", *given])


if __name__ == "__main__":
    end_with(lambda: preprocess(sys.argv[1:]))
