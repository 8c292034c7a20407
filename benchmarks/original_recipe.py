"""The recipe that the project began with, beside ours: three presets, one data set, one split, the same judge.

    python benchmarks/original_recipe.py OUT                                   # ../shared/data/ct/slices
    python benchmarks/original_recipe.py OUT --data ../shared/data/cxr/heart-included --view whole
    python benchmarks/original_recipe.py OUT --presets default --steps 1000    # a part of it
    python benchmarks/original_recipe.py OUT --minutes 8 --steps 900           # none longer than eight minutes

Each preset is trained on the `train` part of the data set, from no weights of ours, exported, and judged on the `val`
part: images go through `pleura.Segmenter` as files, Dice and IoU are of lung against the rest at the size of the
picture, and the mean is over pictures. OUT keeps runs and bundles; a finished run is only judged. With --minutes, a run
that takes longer is stopped there, and its best validation so far counts: the original recipe takes hours on a CPU.
Time a slice is that of the network in onnxruntime on all cores, one slice and eight at a time, the median of twenty;
on a GPU where onnxruntime has one.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
from PIL import Image

import pleura
from pleura.datasets.manifest import Record, read_manifest
from pleura.evaluation import dice, iou
from pleura.training.checkpoint import Progress
from pleura.training.config import TrainingConfig, preset
from pleura.training.export import export_run
from pleura.training.loop import train

SHARED = Path(__file__).parents[2] / "shared" / "data"
CLAIMS = {"preset": "claimed", "dice": 0.938, "iou": 0.859}
FACTS = {"licence": "see the data set", "task": "benchmark"}


def main() -> None:
    """Train and judge each preset; print a table a case and one line a preset."""
    options = parse()
    held = [case for case in read_manifest(options.data) if case.split == "val"]
    results = []
    for name in options.presets:
        results.append({"preset": name, **judge(made(name, options), options.data, held)})
        (options.out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    print_cases(results, held)
    print_summary(results)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path, help="folder for runs, bundles and results.json")
    parser.add_argument("--data", type=Path, default=SHARED / "ct" / "slices", help="data set with a manifest.jsonl")
    parser.add_argument("--view", choices=("lungs", "body", "whole"), default="lungs", help="of the preset default")
    parser.add_argument("--presets", nargs="+", default=["notebook", "original", "default"])
    parser.add_argument("--steps", type=int, default=2000, help="of the preset default")
    parser.add_argument("--minutes", type=float, default=math.inf, help="of training, at most, for each preset")
    parser.add_argument("--epochs", type=int, default=50, help="at most, of the presets original and notebook")
    return parser.parse_args()


def made(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Train and export a preset; return where its bundle is and what the run cost."""
    own = {"steps": options.steps, "view": options.view} if name == "default" else {"epochs": options.epochs}
    run, bundle, note = (options.out / f"{name}{suffix}" for suffix in ("", "-bundle", "-cost.json"))
    if not note.is_file():
        cost: dict[str, Any] = {}

        def tell(progress: Progress, config: TrainingConfig, doing: str) -> None:
            cost.update(steps=progress.step, of=config.steps, minutes=progress.seconds / 60)
            if not doing and progress.seconds > 60 * options.minutes and progress.best:
                raise TimeUp

        with suppress(TimeUp):
            train(preset(name, data=str(options.data.resolve()), **own), run, tell)
        export_run(run, bundle, name, "0", FACTS)
        note.write_text(json.dumps(cost) + "\n")
    return {"bundle": str(bundle), **json.loads(note.read_text())}


class TimeUp(Exception):
    """A run has taken as long as it may."""


def judge(run: dict[str, Any], data: Path, held: list[Record]) -> dict[str, Any]:
    """Segment every held-out case and compare it with its mask; time the network."""
    segmenter = pleura.Segmenter(model=run["bundle"])
    rows = []
    for case in held:
        found = segmenter(data / case.image).labels > 0
        truth = np.asarray(Image.open(data / str(case.mask))) > 0
        rows.append({"dice": dice(truth, found), "iou": iou(truth, found)})
    means = {name: fmean(row[name] for row in rows) for name in ("dice", "iou")}
    return {**run, **means, "worst": min(row["dice"] for row in rows), "cases": rows, "ms": timed(segmenter)}


def timed(segmenter: pleura.Segmenter) -> dict[str, float]:
    """Return milliseconds a slice of the network, by device and number of slices at a time."""
    found = {}
    for device in ("cpu", "cuda"):
        try:
            there = pleura.Segmenter(model=segmenter.bundle.folder, device=device)
        except pleura.PleuraError:
            continue
        for count in (1, 8):
            planes = np.zeros((count, there.bundle.planes, there.bundle.side, there.bundle.side), np.uint8)
            found[f"{device} {count}"] = 1000 * median_seconds(lambda: there.model.network(planes)) / count  # noqa: B023
    return found


def median_seconds(call: Callable[[], object]) -> float:
    """Return the median of twenty calls after two to warm up."""
    seconds = []
    for _ in range(22):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return median(seconds[2:])


def print_cases(results: list[dict[str, Any]], held: list[Record]) -> None:
    """Print Dice and IoU of every case, the worst of the last preset first."""
    print(f"{'case, Dice and IoU':34}" + "".join(f"{result['preset']:>16}" for result in results))
    for place in sorted(range(len(held)), key=lambda place: results[-1]["cases"][place]["dice"]):
        rows = [result["cases"][place] for result in results]
        print(f"{held[place].id[:33]:34}" + "".join(f"{row['dice']:9.4f}{row['iou']:7.4f}" for row in rows))


def print_summary(results: list[dict[str, Any]]) -> None:
    """Print a line a preset, and the claims."""
    print(f"\n{'preset':10} {'Dice':>7} {'worst':>7} {'IoU':>7} {'steps':>11} {'minutes':>8}  ms a slice")
    for result in results:
        times = ", ".join(f"{name}: {value:.1f}" for name, value in result["ms"].items())
        print(
            f"{result['preset']:10} {result['dice']:7.4f} {result['worst']:7.4f} {result['iou']:7.4f} "
            f"{result['steps']:5d}/{result['of']:<5d} {result['minutes']:8.1f}  {times}"
        )
    claimed = f"{CLAIMS['dice']:7.3f} {'-':>7} {CLAIMS['iou']:7.3f} {'-':>11} {'-':>8}"
    print(f"{CLAIMS['preset']:10} {claimed}  under 50 (GPU)")


if __name__ == "__main__":
    main()
