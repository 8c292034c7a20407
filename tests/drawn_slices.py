"""A small data set of drawn slices in HU, and a network that learns it in seconds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from pleura.training.config import TrainingConfig


def write_slices(root: Path) -> Path:
    """Write a folder with one set: four drawn patients for training, two to validate; return the folder."""
    records = []
    for number in range(6):
        split = "val" if number > 3 else "train"
        name = f"p{number}"
        label = np.zeros((64, 64), np.uint8)
        label[16:48, 8 + number : 28] = 1
        label[16:48, 36 : 56 - number] = 2
        image = np.where(label > 0, -850, 40).astype(np.int16)
        for kind, array in (("images", image), ("masks", label)):
            path = root / "drawn" / split / kind / f"{name}.tif"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(path)
        paths = {"image": f"{split}/images/{name}.tif", "mask": f"{split}/masks/{name}.tif"}
        records.append({"id": name, "split": split, "spacing": None, "hu": True, "sides": True, **paths})
    (root / "drawn" / "manifest.jsonl").write_text("\n".join(json.dumps(record) for record in records))
    return root


def small_config(data: Path, steps: int) -> TrainingConfig:
    """Return a run of some steps on what `write_slices` wrote."""
    return TrainingConfig(
        data=str(data),
        weights={"drawn": 1.0},
        validation=("drawn",),
        labels=("right lung", "left lung"),
        widths=(8, 8),
        depths=(1, 1),
        shuffle=4,
        batch=2,
        steps=steps,
        warmup=2,
        validate_every=2,
    )
