"""What is said of a whole scan whose values are greys, and no HU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pleura.phantom
from pleura.geometry import to_axial
from pleura.segmenter import Segmenter
from pleura.volume import Kind


@pytest.fixture(scope="module")
def greys() -> np.ndarray:
    """Return a drawn chest (z, y, x) in a window, its slices 20 mm and its pixels 3 mm apart."""
    hu = pleura.phantom.chest((16, 128, 128), (20.0, 3.0, 3.0), seed=1).volume.voxels
    return np.clip((hu + 1350) / 1500 * 255, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(threads=1)


def codes(segmenter: Segmenter, voxels: np.ndarray, spacing: tuple[float, float, float] | None) -> set[str]:
    result = segmenter(voxels, spacing=spacing)
    assert result.volume.kind is Kind.WINDOWED
    return {warning.code for warning in result.warnings}


@pytest.mark.parametrize(
    ("spacing", "expected"),
    [((20.0, 3.0, 3.0), False), ((20.0, 9.0, 9.0), True), ((20.0, 0.3, 0.3), True), (None, False)],
)
def test_size_is_judged_where_it_is_known(
    segmenter: Segmenter, greys: np.ndarray, spacing: tuple[float, float, float] | None, expected: bool
) -> None:
    assert ("not-a-chest" in codes(segmenter, greys, spacing)) == expected


def test_slices_on_their_side_are_named(segmenter: Segmenter, shared: Path) -> None:
    scan = pleura.read(shared / "data/ct/volumes_unlabelled/images/rider_1129164940.nii.gz")
    greys = np.clip((to_axial(scan.voxels, scan.affine) + 1350.0) / 1500 * 255, 0, 255).astype(np.uint8)
    assert "flipped" in codes(segmenter, np.ascontiguousarray(np.swapaxes(greys, 1, 2)), (3.75, 1.15, 1.15))
