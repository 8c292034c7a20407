"""Scans and labels on a 2 mm grid over the body, one byte a voxel: what training reads, small enough to be carried.

    python -m recipes.ct.pack LABELS OUT

Bytes are fine where soft tissues are distinguished (3 HU) and coarse where it is not (8 HU).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from recipes.ct.scans import Spacing, data_folder, load, scans

MM = 2.0
"""Spacing of the packed grid."""

KNOTS_HU = np.array([-1024.0, -200.0, 268.0, 600.0])
KNOTS = np.array([0.0, 103.0, 245.0, 255.0])
"""HU and bytes between which steps are even: 8 HU in lung, 3.3 in soft tissue, where it matters, 33 in bone."""

MARGIN_MM = 30.0
"""Air kept around the body."""


def encode(hu: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return HU as bytes."""
    values: NDArray[np.uint8] = np.rint(np.interp(hu, KNOTS_HU, KNOTS)).astype(np.uint8)
    return values


def decode(values: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return bytes as HU."""
    table: NDArray[np.float32] = np.interp(np.arange(256), KNOTS, KNOTS_HU).astype(np.float32)
    return table[values]


def resample(hu: NDArray[np.int16], labels: NDArray[np.uint8], spacing: Spacing) -> tuple[NDArray[np.uint8], ...]:
    """Return encoded HU and labels on the packed grid, over the body."""
    size = [max(1, round(count * step / MM)) for count, step in zip(hu.shape, spacing, strict=True)]
    fine = functional.interpolate(torch.from_numpy(hu.astype(np.float32))[None, None], size=size, mode="trilinear")
    near = functional.interpolate(torch.from_numpy(labels.astype(np.float32))[None, None], size=size, mode="nearest")
    values, mask = fine[0, 0].numpy(), near[0, 0].numpy().astype(np.uint8)
    often = (values > -300).mean(axis=0) > 0.08
    pad = round(MARGIN_MM / MM)
    box = []
    for axis in (1, 0):
        used = np.flatnonzero(often.sum(axis=axis) > 5)
        length = often.shape[1 - axis]
        box.append(slice(max(used[0] - pad, 0), min(used[-1] + pad, length)))
    return encode(values[:, box[0], box[1]]), mask[:, box[0], box[1]]


def main(labels: Path, out: Path) -> None:
    """Pack every scan that has labels."""
    out.mkdir(parents=True, exist_ok=True)
    for scan in scans():
        hu, spacing = load(data_folder() / scan.path)
        mask = np.load(labels / f"{scan.id}.npz")["labels"]
        values, mask = resample(hu, mask, spacing)
        np.savez_compressed(out / f"{scan.id}.npz", hu=values, labels=mask)
        print(scan.id, values.shape, (out / f"{scan.id}.npz").stat().st_size // 1000, "kB", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
