"""Evaluate the trained model on the part of the data set that it has never seen.

    python evaluate.py [options of pleura evaluate]

Prints Dice, IoU, distances and run time a slice, and keeps the whole report in evaluation/report.html. The part is
`test`, or `val`, which chose the checkpoint, where there is no other.
"""

from __future__ import annotations

import sys
from pathlib import Path

from project import here, tell_model

from pleura.cli import main
from pleura.cli.console import say


def held_out(manifest: Path) -> str:
    """Return the part of the data set to evaluate on."""
    if not manifest.is_file() or not manifest.stat().st_size:
        sys.exit(f"no {here('prepared')}/ here; run train.py first, which prepares the pictures and trains on them")
    return "test" if '"split": "test"' in manifest.read_text(encoding="utf-8") else "val"


if __name__ == "__main__":
    given = sys.argv[1:]
    if {"-h", "--help"} & set(given):
        print(__doc__)
        sys.exit(main(["evaluate", "--help"]))
    split = held_out(here("prepared") / "manifest.jsonl")
    model = here("model") if here("model").is_dir() else None
    tell_model(model)
    say(f"pictures: {here('prepared')}, its part {split}")
    words = ["evaluate", str(here("prepared")), *(["--model", str(model)] if model else []), "--split", split]
    sys.exit(main([*words, "-o", str(here("evaluation")), *given]))
