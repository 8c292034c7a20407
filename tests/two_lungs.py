"""Masks of two lungs, small enough to count by hand, in files and in data sets."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

LUNGS = {1: "right lung", 2: "left lung"}
RECORD = {"id": "a", "patient": "p", "split": "val", "image": "images/a.png", "mask": "masks/a.png"}
"""A line of a manifest."""


def save(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array.astype(np.uint8)).save(path)


def lungs(shift: int = 0) -> np.ndarray:
    """Return two squares of 10 x 10 pixels, moved down by `shift`."""
    labels = np.zeros((40, 40), np.uint8)
    labels[5 + shift : 15 + shift, 5:15] = 1
    labels[5 + shift : 15 + shift, 25:35] = 2
    return labels


def write_manifest(folder: Path, *records: dict[str, object]) -> None:
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, records)))
