"""How wrong the masks are where it matters: hard scans and painted disease with known truth, the worst first.

    python -m recipes.ct.label LABELS                                    # once: labels by CT numbers, to be looked at
    python benchmarks/hard_cases.py LABELS                               # all groups, with the shipped model
    python benchmarks/hard_cases.py LABELS --groups ball dome --bases imlab_id003 --model runs/today/bundle

Every case goes through `pleura.Segmenter` as an array with its spacing. Groups: the whole scans of the recipe and of
`val`, and, painted into five of them with fixed seeds, balls of 10, 30 and 60 mm, consolidation of the lower 38 % of a
lung, collapse, fibrosis, raised domes, dependent and total effusion, pneumothorax, emphysema with a bulla, and crops.

`soft` is mL of soft tissue marked against the truth, `airless` mL in parts without air, `beyond` mL in slices without
lung, `painted` the share of what was painted that is in the mask, with its mL (of balls and consolidation all should
be, of domes, fluid and free air none), `flicker` how often neighbouring slices differ in solid tissue against the
truth's, `ends` slices of 2.5 mm missed at the worse end. The truth of most scans was made by CT numbers and by hand;
that of LUNG1-003 is mended at its domes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from hard_list import PAINTED, Case, cases
from hard_measures import Figures, measure

import pleura

Row = tuple[Case, Figures]


def main() -> None:
    """Score every case, print the tables, and write the JSON where asked for."""
    options = parse()
    segmenter = pleura.Segmenter(model=options.model)
    rows: list[Row] = []
    for case in cases(options.groups, options.labels, options.bases):
        figures = score(segmenter, case)
        rows.append((case, figures))
        print(line(case, figures), file=sys.stderr, flush=True)
        case = None  # its voxels are not needed any more
    rows.sort(key=badness, reverse=True)
    print(HEADER)
    for one, figures in rows:
        print(line(one, figures))
    print_groups(rows)
    if options.json:
        found = [{"group": one.group, "name": one.name, **asdict(figures)} for one, figures in rows]
        finite = [{key: None if value == np.inf else value for key, value in one.items()} for one in found]
        options.json.write_text(json.dumps(finite, indent=1) + "\n")


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("labels", type=Path, help="folder of labels made by CT numbers; missing ones are made")
    parser.add_argument("--model", type=Path, help="bundle to score in place of the shipped one")
    parser.add_argument("--groups", nargs="+", choices=["scan", *PAINTED], help="groups of cases; all by default")
    parser.add_argument("--bases", nargs="+", help="scans that disease is painted into; five by default")
    parser.add_argument("--json", type=Path, help="write every case's figures to this file")
    return parser.parse_args()


def score(segmenter: pleura.Segmenter, case: Case) -> Figures:
    """Segment one case and measure it; what is refused counts as an empty mask."""
    try:
        labels = segmenter(case.hu, spacing=case.spacing).labels
    except pleura.PleuraError as error:
        print(f"{case.name}: {error}", file=sys.stderr)
        labels = np.zeros(case.hu.shape, np.uint8)
    return measure(labels, case.truth, case.hu, case.spacing, case.painted)


def badness(row: Row) -> float:
    """Return how much a case asks to be looked at: mL wrong, and a Dice lost of a tenth as much as 50 mL."""
    case, one = row
    lost = sum(1 - dice for dice in (one.right, one.left) if dice is not None)
    wrong = one.soft + one.airless + one.beyond + (0 if case.inside else one.painted_ml)
    return wrong + 500 * lost + 1000 * one.exchanged


HEADER = (
    f"{'group':<15}{'case':<34}{'right':>7}{'left':>7}{'soft':>8}{'airless':>8}{'beyond':>8}"
    f"{'painted':>9}{'mL':>7}{'flicker':>8}{'ends':>6}"
)


def line(case: Case, one: Figures) -> str:
    """Return one line of the table."""
    right, left, painted = (
        f"{value:.3f}" if value is not None else "-" for value in (one.right, one.left, one.painted_in)
    )
    text = f"{case.group:<15}{case.name:<34}{right:>7}{left:>7}{one.soft:8.1f}{one.airless:8.1f}{one.beyond:8.1f}"
    text += f"{painted:>9}{one.painted_ml:7.0f}{one.flicker:8.2f}{one.ends:6.1f}"
    return text + ("  EXCHANGED" if one.exchanged else "")


def print_groups(rows: list[Row]) -> None:
    """Print mean and worst of each group."""
    by_group: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_group[row[0].group].append(row)
    print(
        f"\n{'group':<15}{'cases':>6}{'Dice':>8}{'worst':>8}{'soft':>8}{'worst':>8}{'airless':>9}{'beyond':>8}"
        f"{'painted':>9}{'worst':>8}{'mL worst':>9}{'flicker':>9}{'worst':>8}{'ends':>6}{'exchanged':>10}"
    )
    for name, group in by_group.items():
        print(f"{name:<15}{len(group):6}{summary(group)}")


def summary(group: list[Row]) -> str:
    """Format the figures of a group."""
    every = [figures for _, figures in group]
    dice = [value for one in every for value in (one.right, one.left) if value is not None]
    painted = [one.painted_in for one in every if one.painted_in is not None]
    bad = min if group[0][0].inside else max

    def mean(values: list[Any]) -> float:
        return float(np.mean(values)) if values else float("nan")

    soft, flicker = [one.soft for one in every], [one.flicker for one in every]
    painted_columns = (
        f"{mean(painted):9.3f}{bad(painted):8.3f}{max(one.painted_ml for one in every):9.0f}"
        if painted
        else f"{'-':>9}{'-':>8}{'-':>9}"
    )
    return (
        f"{mean(dice):8.4f}{min(dice, default=float('nan')):8.3f}{mean(soft):8.1f}{max(soft):8.1f}"
        f"{mean([one.airless for one in every]):9.1f}{mean([one.beyond for one in every]):8.1f}{painted_columns}"
        f"{mean(flicker):9.2f}{max(flicker):8.2f}{max(one.ends for one in every):6.1f}"
        f"{sum(one.exchanged for one in every):10}"
    )


if __name__ == "__main__":
    main()
