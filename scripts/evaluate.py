"""Evaluate the trained model on the part of the data set that it was not trained on.

    python evaluate.py [options of pleura evaluate]

Prints Dice, IoU, distances and run time a slice, and keeps the whole report in evaluation/report.html.
"""

from __future__ import annotations

import sys

from places import here

from pleura.cli import main

if __name__ == "__main__":
    model = ["--model", str(here("model"))] if here("model").is_dir() else []
    sys.exit(main(["evaluate", str(here("prepared")), *model, "-o", str(here("evaluation")), *sys.argv[1:]]))
