"""Small data sets of drawn chests, for tests that train: two squares of lung in a body, each a little different."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def draw_folder(folder: Path, count: int = 6) -> Path:
    """Write ``images/`` and ``masks/`` of `count` patients as 8-bit pictures of 64 x 64; return the folder."""
    for number in range(count):
        label = np.zeros((64, 64), np.uint8)
        label[16:48, 8 + number % 5 : 28] = 1
        label[16:48, 36 : 56 - number % 5] = 2
        noise = np.random.default_rng(number).integers(0, 30, label.shape)
        grey = (np.where(label > 0, 30, 200) + noise).astype(np.uint8)
        for kind, array in (("images", grey), ("masks", label)):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(folder / kind / f"p{number}.png")
    return folder


SMALL = [
    "--set",
    "widths=[8,8]",
    "--set",
    "depths=[1,1]",
    "--set",
    "shuffle=4",
    "--set",
    "batch=2",
    "--set",
    "warmup=1",
]
"""Options of `pleura train` that make a run take seconds."""
