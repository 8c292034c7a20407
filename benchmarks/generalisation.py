"""What radiographs of one kind teach about another, what those without a free licence are worth, and where to start.

    python benchmarks/generalisation.py OUT                              # all trainings, one after the other
    python benchmarks/generalisation.py OUT --only all no-shenzhen       # some of them

Settings are those of the preset chest-radiograph, cut to --steps, augmented a little less, and with the compact network
of the shipped weights for CT. Seven trainings begin with those weights and see another part of DATA/cxr each:
everything; all but one source or age group; only pictures whose licence is stated and allows commercial use; all but
those whose licence forbids it. Two more see everything and begin elsewhere: with random weights; with
EfficientNet-lite0, trained on ImageNet, as encoder, which is how the shipped weights began. Each is judged with the
whole program on every picture of the split `val`: mean Dice of both lungs, by what the pictures are. A group that a
training has seen nothing of is marked with a star. OUT keeps runs and results; what is there already is not made again.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from PIL import Image
from radiographs import records

import pleura
from pleura.conventions import CONVENTIONS
from pleura.evaluation import dice
from pleura.training.config import preset
from pleura.training.export import export_run
from pleura.training.loop import train

SHARED = Path(__file__).parents[2] / "shared" / "data"
FREE = ("CC BY 4.0", "CC BY 3.0", "CC BY;", "CC BY-SA", "authorized for everyone")
Record = dict[str, Any]
Result = dict[str, float]


def forbids(record: Record) -> bool:
    """Say whether the picture or its mask may not be used commercially."""
    return "-NC" in record["licence"]


def free(record: Record) -> bool:
    """Say whether a licence of the picture is stated and allows commercial use."""
    picture = record["licence"].split("mask")[0] if record["licence"].startswith("image:") else record["licence"]
    return not forbids(record) and any(name in picture for name in FREE)


def everything(_: Record) -> bool:
    """Say yes."""
    return True


TRAININGS: dict[str, Callable[[Record], bool]] = {
    "all": everything,
    "no-children": lambda record: record["age_group"] != "child",
    "no-adults": lambda record: record["age_group"] == "child",
    "no-shenzhen": lambda record: record["source"] != "shenzhen",
    "no-montgomery": lambda record: record["source"] != "montgomery",
    "not-forbidden": lambda record: not forbids(record),
    "free": free,
    "from-nothing": everything,
    "from-imagenet": everything,
}
"""What each training sees."""

SETTINGS: dict[str, Any] = {
    "encoder": "",
    "start": "chest-ct",
    "augment_probability": 0.85,
    "weight_decay": 0.02,
    "seed": 3,
}
STARTS = {"from-nothing": {"start": ""}, "from-imagenet": {"start": "", "encoder": "efficientnet-lite0"}}
"""Where the trainings begin that do not begin with the shipped weights for CT."""


def main() -> None:
    """Train and judge; print a row a training."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path, help="folder for runs and results")
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--only", nargs="+", default=list(TRAININGS), choices=list(TRAININGS), help="trainings")
    parser.add_argument("--steps", type=int, default=400, help="of each training")
    options = parser.parse_args()
    held = [record for convention in CONVENTIONS for record in read(options.data, convention, "val")]
    results = {}
    for name in options.only:
        file = options.out / f"{name}.json"
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(judged(trained(name, options), held, TRAININGS[name], options)) + "\n")
        results[name] = json.loads(file.read_text())
    print_table(results)


def read(data: Path, convention: str, split: str) -> list[Record]:
    """Return the records of one convention, with whole paths."""
    folder = (data / "cxr" / convention).resolve()
    paths = ("image", "mask")
    return [
        {**one, **{key: str(folder / one[key]) for key in paths}, "convention": convention}
        for one in records(folder, split)
    ]


def trained(name: str, options: argparse.Namespace) -> Path:
    """Train on a part of the data and return the bundle."""
    run, bundle, data = (options.out / f"{name}{suffix}" for suffix in ("-run", "-bundle", "-data"))
    for convention in CONVENTIONS:
        kept = [one for one in read(options.data, convention, "train") if TRAININGS[name](one)]
        lines = map(json.dumps, [*kept, *read(options.data, convention, "val")])
        (data / convention).mkdir(parents=True, exist_ok=True)
        (data / convention / "manifest.jsonl").write_text("\n".join(lines) + "\n")
        print(f"{name}: {len(kept)} pictures {convention}", flush=True)
    steps = {"steps": options.steps, "validate_every": options.steps}
    progress = train(preset("chest-radiograph", data=str(data), **{**SETTINGS, **steps, **STARTS.get(name, {})}), run)
    print(f"{name}: {progress.step} steps in {progress.seconds / 60:.1f} minutes", flush=True)
    shutil.rmtree(bundle, ignore_errors=True)
    export_run(run, bundle, name, "0", {"licence": "see the data set", "task": "benchmark"})
    return bundle


def judged(bundle: Path, held: list[Record], kept: Callable[[Record], bool], options: argparse.Namespace) -> Result:
    """Return the mean Dice of every group of held-out pictures; the unseen ones have a star."""
    found: dict[str, list[float]] = defaultdict(list)
    trained_on = {
        group
        for convention in CONVENTIONS
        for one in read(options.data, convention, "train")
        if kept(one)
        for group in groups(one)
    }
    for convention in CONVENTIONS:
        segmenter = pleura.Segmenter(model=bundle, convention=convention)
        for record in held:
            if record["convention"] == convention:
                value = dice(np.asarray(Image.open(record["mask"])) > 0, segmenter(record["image"]).labels > 0)
                for group in groups(record):
                    found[group if group in trained_on else f"{group}*"].append(value)
    return {group: fmean(values) for group, values in found.items()}


def groups(record: Record) -> list[str]:
    """Return what a picture counts under: its convention, and there its source or its age."""
    if record["convention"] == "heart-excluded":
        return ["excluded", record["source"]]
    return ["included", {"child": "children", "adult": "adults"}.get(record["age_group"], "age unknown")]


def print_table(results: dict[str, Result]) -> None:
    """Print mean Dice by training and group."""
    columns = ["included", "children", "adults", "excluded", "montgomery", "shenzhen", "gb-lung-minus-mediastinum"]
    print(f"{'trained on':14}" + "".join(f"{name[:11]:>12}" for name in columns))
    for name, result in results.items():
        values = (f"{result[c]:.4f}" if c in result else f"{result[c + '*']:.4f}*" for c in columns)
        print(f"{name:14}" + "".join(f"{value:>12}" for value in values))


if __name__ == "__main__":
    main()
