"""What goes wrong with scans, made on purpose and the same every time: the truth is known before and after.

Scanner and conversion: noise, blur, motion, metal, inversion, window, offset, crop, missing slices, resampled. Disease
on single slices: dense lung, fluid, a mass. Those of whole scans are painted by `recipes.ct.paint`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[Any]
Rng = np.random.Generator


@dataclass(frozen=True, eq=False)
class Picture:
    """A scan and its truth, both (z, y, x), axes to the head, back and left.

    Attributes
    ----------
    values : float32: HU, or greys of 0..255
    truth : uint8: 0, 1 right, 2 left, 255 unknown
    spacing : millimetres along (z, y, x); None where they are not known
    air : what lies around the body
    tissue : what lungs that hold no air look like
    """

    values: NDArray[np.float32]
    truth: NDArray[np.uint8]
    spacing: tuple[float, float, float] | None
    air: float = -1000.0
    tissue: float = 40.0

    @property
    def span(self) -> float:
        """The distance from air to tissue, in which strengths are given."""
        return self.tissue - self.air

    def with_values(self, values: Array) -> Picture:
        """Return the same with other values."""
        return replace(self, values=np.asarray(values, np.float32))


def noise(one: Picture, rng: Rng) -> Picture:
    """Add white or soft-grained noise of 0.1 to 0.6 of the distance from air to tissue."""
    grain = rng.normal(0, 1, one.values.shape).astype(np.float32)
    if rng.random() < 0.5:
        grain = ndimage.gaussian_filter(grain, (0, 1, 1))
    return one.with_values(one.values + grain / grain.std() * rng.uniform(0.1, 0.6) * one.span)


def blur(one: Picture, rng: Rng) -> Picture:
    """Blur within the slice by 0.6 to 3 % of its width."""
    sigma = rng.uniform(0.006, 0.03) * one.values.shape[2]
    return one.with_values(ndimage.gaussian_filter(one.values, (0, sigma, sigma)))


def motion(one: Picture, rng: Rng) -> Picture:
    """Take the mean of three positions of a patient who moves by 2 to 10 % of the width, another way in each slice."""
    moved = np.empty_like(one.values)
    for z, plane in enumerate(one.values):
        step = rng.uniform(0.02, 0.1) * plane.shape[1]
        down, across = step * np.array([np.sin(turn := rng.uniform(0, 2 * np.pi)), np.cos(turn)])
        shifts = [ndimage.shift(plane, (down * k, across * k), order=1, mode="nearest") for k in (-0.5, 0, 0.5)]
        moved[z] = np.mean(shifts, axis=0)
    return one.with_values(moved)


def metal(one: Picture, rng: Rng) -> Picture:
    """Add streaks from one or two pieces of metal in or beside the chest."""
    rows, columns = one.values.shape[1:]
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    streaks = np.zeros((rows, columns), np.float32)
    for _ in range(int(rng.integers(1, 3))):
        row, column = rng.uniform(0.25, 0.75, 2) * (rows, columns)
        turn = np.arctan2(y - row, x - column)
        far = np.hypot(y - row, x - column) / columns
        waves = sum(rng.normal() * np.cos(k * turn + rng.uniform(0, 7)) for k in range(6, 60, 4))
        streaks += (waves / 3 * np.exp(-3 * far)).astype(np.float32)
        streaks[far < 0.02] = 3
    return one.with_values(one.values + streaks * rng.uniform(0.2, 0.7) * one.span)


def inversion(one: Picture, rng: Rng) -> Picture:
    """Make air bright and tissue dark."""
    return one.with_values(one.air + one.tissue + rng.uniform(0, 0.1) * one.span - one.values)


def window(one: Picture, rng: Rng) -> Picture:
    """Cut values to a window that is not that of lungs, or make their slope 0.4 to 0.7 of what it is."""
    if rng.random() < 0.5:
        low = one.tissue - rng.uniform(0.15, 0.3) * one.span
        return one.with_values(np.clip(one.values, low, one.tissue + 0.2 * one.span))
    return one.with_values(one.tissue + (one.values - one.tissue) * rng.uniform(0.4, 0.7))


def offset(one: Picture, rng: Rng) -> Picture:
    """Move all values up or down by 0.2 to 0.7 of the distance from air to tissue."""
    return one.with_values(one.values + rng.choice([-1, 1]) * rng.uniform(0.2, 0.7) * one.span)


def crop(one: Picture, rng: Rng) -> Picture:
    """Keep the middle of the picture alone, or one side of it: the lungs are cut."""
    rows, columns = one.values.shape[1:]
    if rng.random() < 0.5:
        side = int(columns * rng.uniform(0.45, 0.6))
        part = slice(0, side) if rng.random() < 0.5 else slice(columns - side, columns)
        box: tuple[slice, slice] = (slice(0, rows), part)
    else:
        size = rng.uniform(0.35, 0.55)
        top, left = int(rows * (0.5 - size / 2)), int(columns * (0.5 - size / 2))
        box = slice(top, top + int(rows * size)), slice(left, left + int(columns * size))
    return replace(one, values=one.values[:, *box].copy(), truth=one.truth[:, *box].copy())


def missing_slices(one: Picture, rng: Rng) -> Picture:
    """Drop a fifth to two fifths of the slices that hold lung, in one run, and push the rest together."""
    z = np.flatnonzero((one.truth > 0).any(axis=(1, 2)))
    count = int(len(z) * rng.uniform(0.2, 0.4))
    start = int(rng.integers(z[0], z[-1] - count))
    kept = np.r_[:start, start + count : len(one.values)]
    return replace(one, values=one.values[kept], truth=one.truth[kept])


def resampled(one: Picture, rng: Rng) -> Picture:
    """Squeeze along one axis to 0.45 to 0.65, and leave the millimetres."""
    factor = rng.uniform(0.45, 0.65)
    zoom = (factor, 1, 1) if len(one.values) > 8 and rng.random() < 0.4 else (1, factor, 1)
    values, truth = ndimage.zoom(one.values, zoom, order=1), ndimage.zoom(one.truth, zoom, order=0)
    return replace(one, values=values.astype(np.float32), truth=truth)


def mirrored(one: Picture, rng: Rng) -> Picture:
    """Exchange right and left of the patient in the file; lungs keep the side that their anatomy has."""
    del rng
    return replace(one, values=one.values[:, :, ::-1].copy(), truth=one.truth[:, :, ::-1].copy())


def upside_down(one: Picture, rng: Rng) -> Picture:
    """Exchange front and back in the file, or head and foot."""
    axis = 0 if len(one.values) > 8 and rng.random() < 0.5 else 1
    return replace(one, values=np.flip(one.values, axis).copy(), truth=np.flip(one.truth, axis).copy())


def dense_lung(one: Picture, rng: Rng) -> Picture:
    """Fill the lower 30 to 75 % of one lung of a slice with lung that holds no air."""
    values, _ = _filled(one, rng, 0.0)
    return one.with_values(values)


def fluid(one: Picture, rng: Rng) -> Picture:
    """Fill the lower 30 to 75 % of one lung of a slice with fluid, which is no lung."""
    values, where = _filled(one, rng, -0.02)
    truth = one.truth.copy()
    truth[where] = 0
    return replace(one, values=values, truth=truth)


def _filled(one: Picture, rng: Rng, above: float) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    side = int(rng.choice([value for value in (1, 2) if (one.truth == value).any()]))
    lung = one.truth == side
    rows = np.nonzero(lung)[1]
    tilt = (np.arange(one.values.shape[2]) - one.values.shape[2] / 2) * rng.uniform(-0.3, 0.3)
    cut = np.quantile(rows, rng.uniform(0.25, 0.7)) + tilt
    where = lung & (np.arange(one.values.shape[1])[None, :, None] > cut)
    return _painted(one, rng, where, one.tissue + above * one.span), where


def mass(one: Picture, rng: Rng) -> Picture:
    """Put a round mass of 8 to 20 % of the width into one lung: it is lung."""
    points = np.argwhere((one.truth == 1) | (one.truth == 2))
    z, row, column = points[int(rng.integers(len(points)))]
    y, x = np.ogrid[: one.values.shape[1], : one.values.shape[2]]
    radius = rng.uniform(0.04, 0.1) * one.values.shape[2]
    where = np.zeros(one.truth.shape, np.bool_)
    where[z] = np.hypot(y - row, x - column) < radius
    where &= (one.truth > 0) & (one.truth < 3)
    return one.with_values(_painted(one, rng, where, one.tissue))


def _painted(one: Picture, rng: Rng, where: NDArray[np.bool_], value: float) -> NDArray[np.float32]:
    """Return the values with tissue as noisy as the scan's own where the mask is, its edge as soft as a scanner's."""
    around = one.values[(one.values > one.tissue - 0.1 * one.span) & (one.values < one.tissue + 0.1 * one.span)]
    grain = rng.normal(0, min(float(around.std()) if around.size else 20.0, 80.0), where.shape)
    share = ndimage.gaussian_filter(where.astype(np.float32), (0, 0.8, 0.8))
    return np.asarray(one.values + share * (value + grain - one.values), np.float32)


Damage = Callable[[Picture, Rng], Picture]

SCANNER: dict[str, Damage] = {
    "noise": noise,
    "blur": blur,
    "motion": motion,
    "metal": metal,
    "inversion": inversion,
    "window": window,
    "offset": offset,
    "crop": crop,
    "resampled": resampled,
    "mirrored": mirrored,
    "upside-down": upside_down,
}
"""Of whole scans and of slices."""

STACK: dict[str, Damage] = {"missing-slices": missing_slices}
"""Of whole scans alone."""

DISEASE: dict[str, Damage] = {"dense-lung": dense_lung, "fluid": fluid, "mass": mass}
"""Of slices alone; whole scans are painted in space."""
