"""How patients and pictures really differ, to hold the ranges of augmentation against.

    python benchmarks/augmentation_ranges.py [DATA]       # DATA holds ct and cxr; ../shared/data without it

Prints mean, standard deviation and percentiles over the training parts: how patients lean, the shape, size and position
of their lungs, the brightness of lung, noise, contrast and black of pictures, and how much larger the field of view of
a scan is than that of one of its slices. Half a minute on one core.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pleura.datasets.manifest import read_manifest
from pleura.geometry import to_axial
from pleura.inference.grid import FieldOfView, lung_fov
from pleura.reading import read
from pleura.training.data import SIDE, TrainingCase
from pleura.training.load import load
from pleura.volume import Kind

SHARED = Path(__file__).parents[2] / "shared" / "data"
PERCENTILES = (1, 5, 50, 95, 99)
SMALLEST = 1000
"""Pixels of lung below which shape and position say nothing."""

Figures = Iterator[tuple[str, float]]


def main(data: Path) -> None:
    """Print a line a figure."""
    found = defaultdict(list)
    for name, value in (*of_ct(data / "ct"), *of_radiographs(data / "cxr")):
        if np.isfinite(value):
            found[name].append(value)
    print(f"{'':42}{'n':>6}{'mean':>9}{'sd':>9}" + "".join(f"{f'{share} %':>9}" for share in PERCENTILES))
    for name, values in found.items():
        row = (np.mean(values), np.std(values), *np.percentile(values, PERCENTILES))
        print(f"{name:42}{len(values):6}" + "".join(f"{value:9.3f}" for value in row))


def of_ct(folder: Path) -> Figures:
    """Yield figures of slices, of the grid over whole scans, and of the noise of whole scans."""
    for case in load(folder, "slices", "train"):
        for image, labels in zip(case.slices, case.labels, strict=True):
            yield "CT: tilt, degrees", tilt(labels)
            yield "CT: log of height over width of the lungs", aspect(labels)
            yield "CT: median of lung, HU", float(np.median(image[labels > 0])) if labels.any() else np.nan
    for name in ("volumes", "nsclc_rt"):
        records = [record for record in read_manifest(folder / name) if record.split == "train"]
        for record, case in zip(records, load(folder, name, "train"), strict=True):
            stored = record.spacing[0] * max(record.shape[:2]) / SIDE if record.spacing else np.nan
            yield "CT: millimetres of a pixel of the grid", stored * case.fov.width / SIDE
            for ratio in scan_over_slice(case):
                yield "CT: field of view, scan over slice", ratio
    for record in read_manifest(folder / "volumes_unlabelled"):
        scan = read(folder / "volumes_unlabelled" / record.image, kind=Kind.HU)
        slices = to_axial(scan.voxels, scan.affine)
        middle = slices[len(slices) // 4 : 3 * len(slices) // 4 : 8].astype(float)
        yield "CT: noise of soft tissue, HU", float(np.nanmedian([noise(image, soft(image)) for image in middle]))


def of_radiographs(folder: Path) -> Figures:
    """Yield figures of frontal radiographs."""
    for name in ("heart-included", "heart-excluded"):
        for case in load(folder, name, "train", "whole"):
            image, labels = case.slices[0] / 255, case.labels[0]
            rows, columns = (int(np.flatnonzero(image.any(axis))[-1]) + 1 for axis in (1, 0))
            dark, bright = np.percentile(image[:rows, :columns], (1, 99))
            yield "radiograph: tilt, degrees", tilt(labels)
            yield "radiograph: log of height over width", aspect(labels)
            yield "radiograph: black, of white", float(dark)
            yield "radiograph: white less black", float(bright - dark)
            yield "radiograph: noise, of white", noise(image, ndimage.binary_erosion(labels > 0, iterations=3))
            if np.count_nonzero(labels) >= SMALLEST:
                ys, xs = np.nonzero(labels)
                yield "radiograph: log of size, of the side", float(np.log(max(np.ptp(ys), np.ptp(xs)) / SIDE))
                yield "radiograph: off centre, across", float(xs.mean() - columns / 2) / SIDE
                yield "radiograph: off centre, down", float(ys.mean() - rows / 2) / SIDE


def tilt(labels: NDArray[np.uint8]) -> float:
    """Return by how many degrees the line through both lungs (y, x) leans, -90 to 90; NaN where one is missing."""
    right, left = np.argwhere(labels == 1), np.argwhere(labels == 2)
    if min(len(right), len(left)) < SMALLEST // 5:
        return np.nan
    down, across = left.mean(axis=0) - right.mean(axis=0)
    return float((np.degrees(np.arctan2(down, across)) + 90) % 180 - 90)


def aspect(labels: NDArray[np.uint8]) -> float:
    """Return the logarithm of height over width of the lungs (y, x) together; NaN where there is little."""
    ys, xs = np.nonzero(labels)
    return float(np.log(np.ptp(ys) / np.ptp(xs))) if len(ys) >= SMALLEST else np.nan


def scan_over_slice(case: TrainingCase) -> Sequence[float]:
    """Return, for each slice with lung, how many times as wide the field of view of the whole scan is as its own."""
    whole = FieldOfView(0, 0, SIDE, SIDE)
    alone = [lung_fov(plane[None] > 0, whole, (1.0, 1.0)) for plane in case.labels if np.count_nonzero(plane) > 100]
    return [case.fov.width / fov.width for fov in alone]


def soft(image: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where a slice in HU is soft tissue, its borders left out."""
    return np.asarray(ndimage.binary_erosion((image > -150) & (image < 250), iterations=2))


def noise(image: NDArray[np.float64], where: NDArray[np.bool_]) -> float:
    """Return the standard deviation of what the four neighbours of a pixel do not say of it; NaN of few pixels.

    The median of absolute deviations, times 1.4826 for a normal distribution, is not moved by edges; the mean of four
    neighbours adds a quarter of the variance.
    """
    kernel = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]) / 4
    rest = (image - ndimage.convolve(image, kernel, mode="nearest"))[where]
    if rest.size < SMALLEST // 5:
        return np.nan
    return float(1.4826 * np.median(np.abs(rest - np.median(rest))) / np.sqrt(1.25))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED)
