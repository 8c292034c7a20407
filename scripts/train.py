"""Train a network on the pictures in dataset/ or data/.

    python train.py [options of pleura train]

Prepares the data set where that has not been done, then trains into the folder run/ and exports the model to model/.
A run that was stopped goes on. --preset original is the recipe of the paper; without it the default network is trained.
"""

from __future__ import annotations

import sys

from places import find_source, here

from pleura.cli import main

if __name__ == "__main__":
    given = sys.argv[1:]
    if not any(word in given for word in ("-h", "--help")):
        if not (here("prepared") / "manifest.jsonl").exists():
            code = main(["prepare", str(find_source()), str(here("prepared"))])
            if code:
                sys.exit(code)
        preset = [] if "--preset" in given else ["--preset", "default"]
        given = [*preset, "--data", str(here("prepared")), str(here("run")), "--resume", *given]
    sys.exit(
        main(["train", *given]) or ("--help" not in given and main(["export", str(here("run")), str(here("model"))]))
    )
