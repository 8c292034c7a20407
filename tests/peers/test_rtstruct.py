"""Contours lie where the mask was drawn in the patient for our reader and for plastimatch, and are valid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_readers import errors_of, read_by_plastimatch
from marker import STEPS, around_centre, marked, marker, points_of, scanned
from orientations import ORIENTATIONS

import pleura
from pleura.reading import read
from pleura.segmentation import Segmentation


def along_axes(axes: tuple[int, ...], signs: tuple[int, ...]) -> np.ndarray:
    """Return the steps of a grid whose array axes run along (or against) these axes of the patient."""
    steps = np.zeros((3, 3))
    for source, (patient, sign) in enumerate(zip(axes, signs, strict=True)):
        steps[patient, source] = sign * STEPS[source]
    return steps


def drawn(steps: np.ndarray, folder: Path) -> tuple[Segmentation, Path, Path]:
    """Return the marker as the mask of a scan with such steps, the folder of the scan and the file of the contours."""
    scan = scanned(around_centre(steps), folder / "scan")
    segmented = marked(read(scan))
    return segmented, scan, segmented.write(folder / "contours.dcm", format="rtstruct")


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_contours_of_any_orientation_come_back_in_place(axes, signs, tmp_path: Path) -> None:
    segmented, _, file = drawn(along_axes(axes, signs), tmp_path)
    found = pleura.read_labels(file, grid=segmented.volume)
    np.testing.assert_array_equal(found.labels, segmented.labels)
    assert found.warnings == ()


TILTED = along_axes((2, 1, 0), (1, 1, 1))
TILTED[1, 0] = 0.6  # each slice lies 0.6 mm farther back: 17 degrees
GRIDS = {
    "axial, head first, supine": along_axes((2, 1, 0), (1, 1, 1)),
    "feet first, prone": along_axes((2, 1, 0), (-1, -1, -1)),
    "coronal": along_axes((1, 2, 0), (1, -1, 1)),
    "sagittal": along_axes((0, 2, 1), (1, -1, 1)),
    "oblique": np.linalg.qr(np.array([[0.3, 0.2, 0.9], [0.1, 0.95, -0.25], [0.9, -0.15, -0.3]]))[0] * STEPS,
}


@pytest.mark.parametrize("steps", GRIDS.values(), ids=GRIDS)
def test_contours_are_valid_and_in_place_for_plastimatch(steps: np.ndarray, tmp_path: Path) -> None:
    segmented, scan, file = drawn(steps, tmp_path)
    assert errors_of(file) == []
    found = read_by_plastimatch(file, scan, tmp_path / "plastimatch")
    np.testing.assert_array_equal(found.voxels, marker(points_of(found.affine, found.voxels.shape)))
    for value in (1, 2):
        assert np.count_nonzero(found.voxels == value) == np.count_nonzero(segmented.labels == value) > 1000


def test_tilted_gantry_keeps_each_contour_on_its_image(tmp_path: Path) -> None:
    segmented, _, file = drawn(TILTED, tmp_path)
    assert errors_of(file) == []
    np.testing.assert_array_equal(pleura.read_labels(file, grid=segmented.volume).labels, segmented.labels)
