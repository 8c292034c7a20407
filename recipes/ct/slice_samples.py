"""Training samples of the network of slices: painted scans.

python -m recipes.ct.slice_samples LABELS POOL --seconds 3600     # several processes may share a pool
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pleura.inference.grid import FieldOfView, body_fov, lung_fov
from pleura.volume import Kind
from recipes.ct.appearance import Appearance
from recipes.ct.geometry import AIR, Geometry
from recipes.ct.hu_bytes import decode, encode
from recipes.ct.paint.chest import Chest
from recipes.ct.paint.mix import Painter, draw_down, draw_mix
from recipes.ct.scans import Scan, Spacing, data_folder, load, scans

SIDE = 256
"""Pixels of a side of the grid, as the network of slices has it."""

CONTEXT_MM = 5.0
"""Distance of the slices below and above that it sees, likewise."""

THINNEST_MM = 2.0
"""Thinner slices are left out until they are so far apart: the network sees no thinner ones beside each other."""

OF_EACH = 16
"""Slices kept of a painted scan."""

SLICES, TRUTH = slice(3), -1
"""Planes of a sample: three slices, lowest first, as `hu_bytes.encode` writes HU, and the labels."""


RARE = {
    "c3n_01192_head": 0.5,
    "acrin_flt_001_lower": 0.7,
    "acrin_flt_001_upper": 0.8,
    "lidc_old_0117": 0.7,
    "crlm_1004": 0.7,
}
"""Weight of scans that hold little lung; the others weigh 1."""


def load_chest(scan: Scan, labels: Path) -> Chest:
    """Return a scan with its labels, slices no thinner than `THINNEST_MM`."""
    hu, (z, y, x) = load(data_folder() / scan.path)
    truth = np.load(labels / f"{scan.id}.npz")["labels"]
    every = max(1, int(THINNEST_MM / z + 0.01))
    values = torch.from_numpy(hu[::every].astype(np.float32))
    marked = torch.from_numpy(np.ascontiguousarray(truth[::every]))
    return Chest(values, marked, torch.zeros(values.shape, dtype=torch.bool), (z * every, y, x))


def make_samples(chest: Chest, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return (n, 4, SIDE, SIDE) bytes, the planes as named above, of one painted and scanned chest."""
    hu, labels, painted = _painted(chest, rng, draw_mix(rng))
    fov = _fov(hu, labels, chest.spacing, rng)
    gap = max(1, round(CONTEXT_MM / chest.spacing[0]))
    chosen = _choose(labels, painted, rng)
    near = [np.clip(chosen + step, 0, len(hu) - 1) for step in (-gap, 0, gap)]
    if rng.random() < 0.12:  # as of slices whose neighbours are not known
        near = [chosen] * 3
    part = (np.arange(SIDE) + 0.5) / SIDE
    lines = fov.top - 0.5 + part * fov.height, fov.left - 0.5 + part * fov.width
    planes = np.stack([encode(_sampled(hu[which], lines)) for which in near], axis=1)
    return np.concatenate([planes, _nearest(labels[chosen], lines)[:, None]], axis=1)


def _painted(
    chest: Chest, rng: np.random.Generator, mix: list[Painter]
) -> tuple[NDArray[np.int16], NDArray[np.uint8], NDArray[np.bool_]]:
    """Return HU, labels and what was painted of a chest with disease, as some scanner sees it."""
    geometry, appearance = Geometry.draw(rng), Appearance.draw(rng)
    chest = replace(chest, down=draw_down(rng))
    for painter in mix:
        chest = painter.paint(chest)
    chest = _with_painted(geometry, chest, chest.painted)
    hu = appearance.apply(chest.hu, chest.spacing[0]).round().clamp(AIR, 3000).to(torch.int16)
    return hu.numpy(), chest.labels.numpy(), chest.painted.numpy()


def _with_painted(geometry: Geometry, chest: Chest, painted: Tensor) -> Chest:
    """Return the scanned chest, with what was painted carried along in the labels' high bits."""
    marked = torch.where((chest.labels < 3) & painted, chest.labels + 16, chest.labels)
    moved = geometry.apply(replace(chest, labels=marked))
    was = (moved.labels >= 16) & (moved.labels < 32)
    return replace(moved, painted=was, labels=torch.where(was, moved.labels - 16, moved.labels))


def _fov(hu: NDArray[np.int16], labels: NDArray[np.uint8], spacing: Spacing, rng: np.random.Generator) -> FieldOfView:
    """Return a field of view as the program lays it over the lungs, or near it; over the body where there is none."""
    body = body_fov(hu, spacing[1:], Kind.HU)
    lung = (labels == 1) | (labels == 2)
    whole = FieldOfView(0, 0, *lung.shape[1:])
    fov = body if lung.sum() < 500 or rng.random() < 0.12 else lung_fov(lung, whole, spacing[1:])
    scale, shift = np.exp(rng.normal(0, 0.08)), rng.normal(0, 0.03, 2)
    height, width = round(fov.height * scale), round(fov.width * scale)
    top, left = fov.top + (fov.height - height) / 2, fov.left + (fov.width - width) / 2
    return FieldOfView(round(top + shift[0] * height), round(left + shift[1] * width), height, width)


def _choose(labels: NDArray[np.uint8], painted: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.intp]:
    """Return `OF_EACH` slices: often where something was painted, and where lungs begin and end."""
    weight = 0.3 + 1.0 * painted.any(axis=(1, 2))
    lung = ((labels == 1) | (labels == 2)).sum(axis=(1, 2))
    if lung.any():
        weight += 1.0 * ((lung > 0) & (lung < 0.35 * lung.max()))
        ends = np.flatnonzero(lung)[[0, -1]]
        for end in ends:  # what lies below the lowest recess, and above the apex
            weight[max(end - 6, 0) : end + 7] += 0.5
    count = min(OF_EACH, len(labels))
    return np.sort(rng.choice(len(labels), count, replace=False, p=weight / weight.sum()))


def _sampled(slices: NDArray[np.int16], lines: tuple[NDArray[Any], NDArray[Any]]) -> NDArray[np.float32]:
    """Return slices at the points of two lines, linearly; air beyond them."""
    result: NDArray[np.float32] = slices.astype(np.float32)
    for axis, line in enumerate(lines, start=1):
        low = np.floor(line).astype(int)
        part = (line - low).astype(np.float32).reshape((-1, 1) if axis == 1 else (1, -1))
        length = result.shape[axis]
        first, last = (np.take(result, np.clip(low + step, 0, length - 1), axis) for step in (0, 1))
        outside = ((line < -0.5) | (line > length - 0.5)).reshape(part.shape)
        result = np.where(outside, np.float32(AIR), first * (1 - part) + last * part)
    return result


def _nearest(labels: NDArray[np.uint8], lines: tuple[NDArray[Any], NDArray[Any]]) -> NDArray[np.uint8]:
    """Return labels at the points of two lines; background beyond them."""
    for axis, line in enumerate(lines, start=1):
        place = np.rint(line).astype(int)
        outside = ((place < 0) | (place >= labels.shape[axis])).reshape((-1, 1) if axis == 1 else (1, -1))
        labels = np.where(outside, np.uint8(0), np.take(labels, place.clip(0, labels.shape[axis] - 1), axis))
    return labels


def planes_hu(sample: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the three slices of a sample in HU."""
    return decode(sample[SLICES])


def fill_pool(options: argparse.Namespace, chests: dict[str, Chest]) -> None:
    """Write samples of the chests into `options.pool`, for `options.seconds`.

    Several processes with a `options.seed` each may share a pool; what is there already is not made again.
    """
    torch.set_num_threads(1)
    options.pool.mkdir(parents=True, exist_ok=True)
    names = list(chests)
    weights = np.array([RARE.get(name, 1.0) for name in names])
    rng, end, count = np.random.default_rng(options.seed), time.monotonic() + options.seconds, 0
    while time.monotonic() < end:
        name = names[int(rng.choice(len(names), p=weights / weights.sum()))]
        path = options.pool / f"{name}-{options.seed}-{count:05}.npy"
        count += 1
        seed = int(rng.integers(2**62))
        if path.exists():
            continue
        samples = make_samples(chests[name], np.random.default_rng(seed))
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.save(file, samples)
        part.replace(path)


def main() -> None:
    """Fill the pool until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("labels", type=Path)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--folds", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    table = [scan for scan in scans() if scan.fold in options.folds]
    fill_pool(options, {scan.id: load_chest(scan, options.labels) for scan in table})


if __name__ == "__main__":
    main()
