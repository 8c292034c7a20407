"""Which images a run has learned from and was chosen by, so that its model is not judged on them unawares.

Known by hashes of content alone: ``cases.json`` of a run, and the field `cases` of a recipe, name nothing.
"""

from __future__ import annotations

import json
from pathlib import Path

from pleura.datasets.manifest import read_manifest
from pleura.inference.bundle import SHIPPED, load_bundle
from pleura.inference.recipe import hash_in_short
from pleura.training.config import TrainingConfig

CASES = "cases.json"
Cases = dict[str, list[str]]
"""Part, "train" or "val" -> hashes of images, sorted."""


def cases_of(config: TrainingConfig) -> Cases:
    """Return the images that a run trains on and validates on, and those of the model that it starts from."""
    root = Path(config.data)
    sources = {"train": config.weights, "val": config.validation}
    found = {
        part: {
            hash_in_short(record.pixels)
            for name in names
            for record in read_manifest(root / name)
            if record.split == part and record.mask and record.pixels
        }
        for part, names in sources.items()
    }
    for part, hashes in _of_start(config.start).items():
        found[part] |= set(hashes)
    return {part: sorted(hashes) for part, hashes in found.items()}


def write_cases(run: Path, config: TrainingConfig) -> None:
    """Write what a run has seen into its folder."""
    (run / CASES).write_text(json.dumps(cases_of(config)) + "\n", encoding="utf-8")


def read_cases(run: Path) -> Cases:
    """Return what `write_cases` wrote; nothing where it did not, as for a run of an earlier version."""
    try:
        found: Cases = json.loads((run / CASES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _of_start(start: str) -> Cases:
    """Return what the weights of a bundle or a run have seen; nothing where neither says it."""
    if not start:
        return {}
    folder = Path(start) if Path(start).is_dir() else Path(start).parent
    if (folder / CASES).is_file():
        return read_cases(folder)
    return load_bundle(start).cases if start in SHIPPED or (folder / "recipe.json").is_file() else {}
