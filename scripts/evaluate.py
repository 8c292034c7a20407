"""Evaluate the trained model on the part of the data set that it has never seen.

    python evaluate.py [options of pleura evaluate]

Prints Dice, IoU, distances and run time a slice, and keeps the whole report in evaluation/report.html. The part is
`test`, or `val`, which chose the checkpoint, where there is no other.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from project import end_with, here, show_help, tell_model

from pleura.cli import main
from pleura.cli.console import say
from pleura.datasets.manifest import is_dataset, read_manifest
from pleura.errors import UnreadableInput


def held_out(prepared: Path) -> str:
    """Return the split of the data set to evaluate on."""
    records = read_manifest(prepared) if is_dataset(prepared) else ()
    if not records:
        text = f"no {prepared}/ here; run train.py first, which prepares the pictures and trains on them"
        raise UnreadableInput(text, code="no-manifest")
    return "test" if any(record.split == "test" for record in records) else "val"


def evaluate(given: Sequence[str]) -> int:
    """Evaluate the model in model/, else the one that comes with pleura; return the exit code."""
    if {"-h", "--help"} & set(given):
        split = "part of the data set; test by default, or val where there is no other"
        return show_help("evaluate", "evaluate.py [options]", __doc__, split=split)
    split = held_out(here("prepared"))
    model = here("model") if here("model").is_dir() else None
    if "--quiet" not in given:
        tell_model(model)
        say(f"pictures: {here('prepared')}, its part {split}")
    words = ["evaluate", str(here("prepared")), *(["--model", str(model)] if model else []), "--split", split]
    return main([*words, "-o", str(here("evaluation")), *given])


if __name__ == "__main__":
    end_with(lambda: evaluate(sys.argv[1:]))
