"""From the grid back to the scan: the border lies where it lay, on every grid."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.inference.bundle import load_bundle
from pleura.inference.grid import FieldOfView
from pleura.inference.postprocess import Cleaned
from pleura.inference.resample import resample_to_grid, resample_to_scan
from pleura.labels import LEFT, RIGHT
from pleura.volume import Kind

BUNDLE = load_bundle()


def whole(lung: np.ndarray, labels: np.ndarray) -> Cleaned:
    return Cleaned(labels, lung, (slice(0, len(lung)), slice(0, BUNDLE.side), slice(0, BUNDLE.side)))


def disc(side: int, row: float, column: float, radius: float) -> np.ndarray:
    """Return (side, side) distances, in parts of the side, to the edge of a disc, positive inside."""
    centres = (np.arange(side) + 0.5) / side
    return radius - np.hypot(centres[:, None] - row, centres[None, :] - column)


@pytest.mark.parametrize(("height", "width"), [(512, 512), (410, 410), (300, 150), (97, 97)])
def test_disc_on_the_grid_is_the_same_disc_on_the_slices(height: int, width: int) -> None:
    margin = disc(BUNDLE.side, 0.5, 0.3, 0.15)
    lung = np.clip(128 + margin * 2000, 0, 255).astype(np.uint8)[None]
    labels = np.where(lung > 128, RIGHT, 0).astype(np.uint8)
    target = np.zeros((1, height + 10, width + 10), np.uint8)
    resample_to_scan(whole(lung, labels), FieldOfView(5, 5, height, width), target, BUNDLE, 1)
    rows = (np.arange(height) + 0.5) / height
    columns = (np.arange(width) + 0.5) / width
    truth = np.hypot(rows[:, None] - 0.5, columns[None, :] - 0.3) < 0.15
    found = target[0, 5 : 5 + height, 5 : 5 + width]
    overlap = 2 * (found[truth] == RIGHT).sum() / (truth.sum() + (found > 0).sum())
    assert overlap > 0.985
    assert target.sum() == found.sum()


def test_touching_lungs_keep_their_sides() -> None:
    labels = np.zeros((1, BUNDLE.side, BUNDLE.side), np.uint8)
    labels[0, 80:180, 60:128] = RIGHT
    labels[0, 80:180, 128:200] = LEFT
    lung = np.where(labels > 0, 230, 20).astype(np.uint8)
    target = np.zeros((1, 512, 512), np.uint8)
    resample_to_scan(whole(lung, labels), FieldOfView(0, 0, 512, 512), target, BUNDLE, 1)
    assert (target[0, 170:350, 130:250] == RIGHT).all()
    assert (target[0, 170:350, 262:390] == LEFT).all()
    assert (target[0, 170:350, 130:390] > 0).all()


def test_planes_average_what_the_grid_cannot_show() -> None:
    noise = np.random.default_rng(0).normal(-300, 100, (1, 512, 512)).astype(np.int16)
    planes = resample_to_grid(noise, FieldOfView(0, 0, 512, 512), Kind.HU, BUNDLE, 1)
    level = 255 * (1024 - 300) / 1424
    assert planes.shape == (1, BUNDLE.side, BUNDLE.side)
    assert planes.mean() == pytest.approx(level, abs=1.0)
    assert planes.std() < 0.6 * 100 * 255 / 1424


def test_greys_of_a_picture_pass_unchanged_where_the_grid_fits() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (1, BUNDLE.side, BUNDLE.side), dtype=np.uint8)
    fov = FieldOfView(0, 0, BUNDLE.side, BUNDLE.side)
    assert np.array_equal(resample_to_grid(picture, fov, Kind.WINDOWED, BUNDLE, 1), picture)
