"""Training samples of the coarse look: scanned, diseased, and brought to the 4 mm grid, six bytes a cell.

    python -m recipes.ct.samples PACKED POOL --seconds 3600     # fills a folder, several processes may share it

A pool of samples on disk parts their making, which takes most of the time, from the training, which draws from it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from recipes.ct.appearance import Appearance
from recipes.ct.geometry import Geometry
from recipes.ct.grid import CELL, cells
from recipes.ct.pack import MM, decode
from recipes.ct.paint.chest import Chest
from recipes.ct.paint.mix import draw_down, draw_mix
from recipes.ct.scans import Scan, scans

Rng = np.random.Generator

KNOWN, PAINTED, SOLID = 1, 2, 4
"""Bits of the sixth byte: truth is known, disease was painted, solid tissue inside the lung."""

ROUGH = 16
"""Sizes are multiples of this many cells: the network halves four times."""

RARE = {
    "c3n_01192_head": 0.5,
    "acrin_flt_001_lower": 0.7,
    "acrin_flt_001_upper": 0.8,
    "lidc_old_0117": 0.7,
    "crlm_1004": 0.7,
}
"""Weight of scans that hold little lung; the others weigh 1."""


def load_packed(path: Path) -> Chest:
    """Return a packed scan."""
    packed = np.load(path)
    hu, labels = torch.from_numpy(decode(packed["hu"])), torch.from_numpy(packed["labels"])
    return Chest(hu, labels, torch.zeros(hu.shape, dtype=torch.bool), (MM, MM, MM))


def make_sample(chest: Chest, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return (6, z, y, x) bytes: the three inputs of `recipes.ct.grid.cells`, right, left, and the bits above."""
    mix, geometry, appearance = draw_mix(rng), Geometry.draw(rng), Appearance.draw(rng)
    chest = replace(chest, down=draw_down(rng))
    if rng.random() < 0.7:  # anatomy first, then what was scanned of it; or the other way round, where little is left
        for painter in mix:
            chest = painter.paint(chest)
        painted = chest.painted
        chest = with_painted(geometry, chest, painted)
    else:
        chest = geometry.apply(chest)
        for painter in mix:
            chest = painter.paint(chest)
    hu = appearance.apply(chest.hu, MM)
    box = _body(chest.hu, rng)
    return _to_cells(hu[box], chest.labels[box], chest.painted[box])


def with_painted(geometry: Geometry, chest: Chest, painted: Tensor) -> Chest:
    """Return the scanned chest, with what was painted carried along in the labels' high bits."""
    marked = torch.where((chest.labels < 3) & painted, chest.labels + 16, chest.labels)
    moved = geometry.apply(replace(chest, labels=marked))
    was = (moved.labels >= 16) & (moved.labels < 32)
    return replace(moved, painted=was, labels=torch.where(was, moved.labels - 16, moved.labels))


def _body(hu: Tensor, rng: np.random.Generator) -> tuple[slice, slice, slice]:
    """Return the box of the body with a margin as it falls, up to 40 mm either side."""
    often = (hu > -400).float().mean(dim=0) > 0.1
    spans = []
    for axis in (1, 0):
        used = often.any(dim=axis).nonzero()
        length = often.shape[1 - axis]
        first, last = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, length)
        low, high = rng.integers(0, 20, 2)
        spans.append(slice(max(first - int(low), 0), min(last + int(high), length)))
    return slice(0, hu.shape[0]), spans[0], spans[1]


def _to_cells(hu: Tensor, labels: Tensor, painted: Tensor) -> NDArray[np.uint8]:
    """Return inputs and targets on the 4 mm grid."""
    factor = round(CELL / MM)
    right, left, unknown = ((labels == value).float() for value in (1, 2, 255))
    lung = right + left
    planes = torch.stack([right, left, unknown, painted.float(), lung * (hu > -200)])
    pooled = functional.avg_pool3d(planes[None], factor, ceil_mode=True)[0]
    bits = KNOWN * (pooled[2] < 0.3) + PAINTED * (pooled[3] > 0.3) + SOLID * (pooled[4] > 0.5)
    known = (1 - pooled[2]).clamp(min=0.3)
    inputs = cells(hu[None, None])[0]
    everything = torch.cat([inputs, pooled[:2] / known * 255, bits[None].float()])
    return everything.round().clamp(0, 255).to(torch.uint8).numpy()


def main() -> None:
    """Fill the pool until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("packed", type=Path)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    table = scans()
    chests = {scan.id: load_packed(options.packed / f"{scan.id}.npz") for scan in table}
    fill_pool(options, table, lambda scan, rng: make_sample(chests[scan.id], rng))


def fill_pool(options: argparse.Namespace, table: list[Scan], make: Callable[[Scan, Rng], NDArray[np.uint8]]) -> None:
    """Write samples that `make` draws of the scans of a table into `options.pool`, for `options.seconds`.

    Several processes with a `options.seed` each may share a pool; what is there already is not made again.
    """
    torch.set_num_threads(1)
    options.pool.mkdir(parents=True, exist_ok=True)
    weights = np.array([RARE.get(scan.id, 1.0) for scan in table])
    rng, end, count = np.random.default_rng(options.seed), time.monotonic() + options.seconds, 0
    while time.monotonic() < end:
        scan = table[int(rng.choice(len(table), p=weights / weights.sum()))]
        path = options.pool / f"{scan.id}-{options.seed}-{count:05}.npy"
        count += 1
        seed = int(rng.integers(2**62))
        if path.exists():
            continue
        sample = make(scan, np.random.default_rng(seed))
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.save(file, sample)
        part.replace(path)


if __name__ == "__main__":
    main()
