"""Evaluate the trained model on the part of the data set that it has never seen.

    python evaluate.py [options of pleura evaluate]

Prints Dice, IoU, distances and run time a slice, and keeps the whole report in evaluation/report.html. The part is
`test`, or `val`, which chose the checkpoint, where there is no other.
"""

from __future__ import annotations

import sys
from pathlib import Path

from places import here

from pleura.cli import main


def held_out(manifest: Path) -> str:
    """Return the part of the data set to evaluate on."""
    if not manifest.is_file():
        sys.exit("no prepared/ here; run train.py first, which prepares the pictures and trains on them")
    return "test" if '"split": "test"' in manifest.read_text(encoding="utf-8") else "val"


if __name__ == "__main__":
    split = held_out(here("prepared") / "manifest.jsonl")
    model = ["--model", str(here("model"))] if here("model").is_dir() else []
    if not model:
        print("no model/ here, which train.py makes; this is the model that comes with pleura", file=sys.stderr)
    words = ["evaluate", str(here("prepared")), *model, "--split", split, "-o", str(here("evaluation"))]
    sys.exit(main([*words, *sys.argv[1:]]))
