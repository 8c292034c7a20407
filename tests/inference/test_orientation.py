"""A CT whose front and back, or head and foot, are exchanged in its file is found by its spine and its domes."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

import pleura.phantom
from pleura.geometry import axial_order, to_axial
from pleura.inference.grid import FieldOfView
from pleura.inference.grid_scan import GridScan
from pleura.inference.orientation import orientation_warnings
from pleura.inference.postprocess import Cleaned

LOW, HIGH = -1024.0, 400.0

Scan = tuple[np.ndarray, np.ndarray, tuple[float, float, float]]


@pytest.fixture(scope="module")
def drawn() -> Scan:
    """Return voxels, true labels and spacing of a drawn chest, (z, y, x)."""
    phantom = pleura.phantom.chest((64, 128, 128), (5.0, 3.0, 3.0), seed=1)
    return phantom.volume.voxels, phantom.labels, (5.0, 3.0, 3.0)


@pytest.fixture(scope="module")
def real(shared: Path) -> Scan:
    """Return the same of a real scan, with the labels of its reference."""
    folder = shared / "data/ct/volumes/val"
    scan = pleura.read(folder / "images" / "imlab_id003.nii.gz")
    z, y, x = (scan.spacing[axis] for axis in axial_order(scan.affine)[0])
    mask = nibabel.load(folder / "masks" / "imlab_id003.nii.gz")
    marked = (to_axial(np.asarray(mask.dataobj), mask.affine) > 0).astype(np.uint8)
    marked[:, :, marked.shape[2] // 2 :] *= 2
    return to_axial(scan.voxels, scan.affine), marked, (z, y, x)


def codes(scan: Scan, *flipped: int, part: slice = slice(None)) -> list[str]:
    """Return the codes for a scan with its true lungs, flipped along some axes."""
    voxels, labels, spacing = scan
    hu, labels = (np.flip(array[part], flipped) for array in (voxels, labels))
    planes = np.clip((hu - LOW) * 255 / (HIGH - LOW), 0, 255).astype(np.uint8)
    z, y, x = planes.shape
    cleaned = Cleaned(labels, labels, (slice(0, z), slice(0, y), slice(0, x)))
    return [
        note.code
        for note in orientation_warnings(
            cleaned, GridScan(planes, spacing, (LOW, HIGH), FieldOfView(0, 0, y, x), (y, x))
        )
    ]


@pytest.mark.parametrize("scan", ["drawn", "real"])
def test_chest_as_it_lies_gives_no_warning(scan: str, request: pytest.FixtureRequest) -> None:
    assert codes(request.getfixturevalue(scan)) == []


@pytest.mark.parametrize("axes", [(1,), (0,), (0, 1), (0, 1, 2)])
def test_flipped_chest_is_named(axes: tuple[int, ...], real: Scan) -> None:
    assert codes(real, *axes) == ["flipped"]


def test_domes_above_are_named_in_a_drawn_chest(drawn: Scan) -> None:
    assert codes(drawn, 0) == ["flipped"]


def test_left_and_right_alone_are_not_decided_here(real: Scan) -> None:
    assert codes(real, 2) == []


def test_few_slices_say_nothing(real: Scan) -> None:
    assert codes(real, 0, 1, part=slice(24, 40)) == []


@pytest.mark.parametrize("scan", ["drawn", "real"])
@pytest.mark.parametrize("quarters", [0, 1, 3])
@pytest.mark.parametrize("mirrored", [False, True])
def test_slices_that_lie_on_their_side_are_named(
    scan: str, quarters: int, mirrored: bool, request: pytest.FixtureRequest
) -> None:
    voxels, labels, spacing = request.getfixturevalue(scan)
    turned = [np.rot90(np.flip(array, 2) if mirrored else array, quarters, axes=(1, 2)) for array in (voxels, labels)]
    assert codes((*turned, spacing)) == (["flipped"] if quarters else [])
