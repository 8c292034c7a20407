"""Train a network on the pictures in dataset/ or data/.

    python train.py [options of pleura train]

Prepares the data set where that has not been done, then trains into the folder runs/PRESET and exports the model to
model/. A run that was stopped goes on. --preset original is the recipe of the paper; without it the default network is
trained.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser

from places import find_source, here

from pleura.cli import main

if __name__ == "__main__":
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--preset", default="default")
    options, given = parser.parse_known_args()
    if any(word in given for word in ("-h", "--help")):
        sys.exit(main(["train", "--help"]))
    if not (here("prepared") / "manifest.jsonl").exists():
        code = main(["prepare", str(find_source()), str(here("prepared"))])
        if code:
            sys.exit(code)
    run = str(here("runs") / options.preset)
    code = main(["train", "--preset", options.preset, "--data", str(here("prepared")), run, "--resume", *given])
    sys.exit(code or main(["export", run, str(here("model"))]))
