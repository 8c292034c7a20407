"""Make a data set of the images and masks in dataset/ or data/, as the project's description asks.

    python preprocess.py [FOLDER [DEST]] [options of pleura prepare]

Clips CT to -125..275 HU, resamples it to 1 x 1 x 1 mm and keeps the middle slices, 256 x 256: the preset `original` of
`pleura prepare`, which does the same with more options. FOLDER is another folder of images and masks; the data set goes
to prepared/, or DEST.
"""

from __future__ import annotations

import sys

from project import find_source, here

from pleura.cli import main

if __name__ == "__main__":
    given = sys.argv[1:]
    if {"-h", "--help"} & set(given):
        print(__doc__)
        sys.exit(main(["prepare", "--help"]))
    source = given.pop(0) if given and not given[0].startswith("-") else str(find_source())
    dest = given.pop(0) if given and not given[0].startswith("-") else str(here("prepared"))
    sys.exit(main(["prepare", source, dest, "--preset", "original", *given]))
