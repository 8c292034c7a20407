"""Other programs find our segmentations where they were drawn in the patient, voxel for voxel, and valid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest, enhanced, save
from dicom_readers import errors_of, read_by_dcmqi, read_by_highdicom
from marker import STEPS, around_centre, marked, marker, points_of, scanned
from orientations import ORIENTATIONS

from pleura.reading import read
from pleura.reading.dicom.seg import read_seg
from pleura.reading.raw_image import LabelMap
from pleura.segmentation import Segmentation
from pleura.volume import Volume


def along_axes(axes: tuple[int, ...], signs: tuple[int, ...]) -> np.ndarray:
    """Return the steps of a grid whose array axes run along (or against) these axes of the patient."""
    steps = np.zeros((3, 3))
    for source, (patient, sign) in enumerate(zip(axes, signs, strict=True)):
        steps[patient, source] = sign * STEPS[source]
    return steps


def assert_in_place(found: LabelMap, segmented: Segmentation) -> None:
    """Check that a mask is the marker at each of its own voxels, and that none of it is missing."""
    np.testing.assert_array_equal(found.voxels, marker(points_of(found.affine, found.voxels.shape)))
    for value in (1, 2):
        assert np.count_nonzero(found.voxels == value) == np.count_nonzero(segmented.labels == value) > 1000


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_scan_of_any_orientation_gives_a_mask_in_place(axes, signs, tmp_path: Path) -> None:
    segmented = marked(read(scanned(around_centre(along_axes(axes, signs)), tmp_path / "scan")))
    file = segmented.write(tmp_path / "lungs.dcm")
    assert_in_place(read_seg(file, (1, 2)), segmented)
    assert_in_place(read_by_dcmqi(file, tmp_path / "dcmqi"), segmented)


OBLIQUE = np.linalg.qr(np.array([[0.9, 0.2, 0.3], [-0.25, 0.95, 0.1], [-0.3, -0.15, 0.9]]))[0] * STEPS
"""Slices that are turned about all three axes."""
GRIDS = {
    "axial, head first, supine": along_axes((2, 1, 0), (1, 1, 1)),
    "feet first, prone": along_axes((2, 1, 0), (-1, -1, -1)),
    "coronal": along_axes((1, 2, 0), (1, -1, 1)),
    "sagittal": along_axes((0, 2, 1), (1, -1, 1)),
    "oblique": OBLIQUE[:, [2, 1, 0]],
}


@pytest.mark.parametrize("seg_type", ["binary", "labelmap"])
@pytest.mark.parametrize("steps", GRIDS.values(), ids=GRIDS)
def test_both_types_are_valid_and_in_place_for_each_reader(steps: np.ndarray, seg_type: str, tmp_path: Path) -> None:
    segmented = marked(read(scanned(around_centre(steps), tmp_path / "scan")))
    file = segmented.write(tmp_path / "lungs.dcm", seg_type=seg_type)
    assert errors_of(file) == []
    for found in (read_seg(file, (1, 2)), read_by_dcmqi(file, tmp_path / "dcmqi"), read_by_highdicom(file)):
        assert_in_place(found, segmented)


def assert_on_grid(found: LabelMap, segmented: Segmentation) -> None:
    """Check that a mask lies on the scan's own voxels and marks the same ones, whatever slices it leaves out."""
    marked_voxels = np.argwhere(found.voxels)
    to_scan = np.linalg.inv(segmented.volume.affine) @ found.affine
    indices = marked_voxels @ to_scan[:3, :3].T + to_scan[:3, 3]
    assert np.abs(indices - np.rint(indices)).max() < 0.02
    labels = np.zeros_like(segmented.labels)
    labels[tuple(np.rint(indices).astype(int).T)] = found.voxels[tuple(marked_voxels.T)]
    np.testing.assert_array_equal(labels, segmented.labels)


def blocks(volume: Volume) -> Segmentation:
    """Return two lungs of other shapes, the right one with a hole, as the mask of any scan."""
    labels = np.zeros(volume.shape, np.uint8)
    z, y, x = volume.shape
    labels[: z - 1, y // 5 : y // 2, x // 8 : x // 3] = 1
    labels[z // 3 :, y // 4 : y // 3, x // 6 : x // 5] = 0
    labels[1:, y // 3 : y // 2, x // 2 : 3 * x // 4] = 2
    return Segmentation(labels, volume)


@pytest.mark.parametrize("seg_type", ["binary", "labelmap"])
def test_frames_of_enhanced_ct_are_in_place_for_each_reader(seg_type: str, tmp_path: Path) -> None:
    order = [5, *range(5), *range(23, 5, -1)]
    segmented = blocks(read(save(enhanced(chest(), order), tmp_path / "scan.dcm")))
    file = segmented.write(tmp_path / "lungs.dcm", seg_type=seg_type)
    assert errors_of(file) == []
    for found in (read_seg(file, (1, 2)), read_by_dcmqi(file, tmp_path / "dcmqi"), read_by_highdicom(file)):
        assert_on_grid(found, segmented)


def test_frames_of_legacy_converted_ct_are_in_place_for_each_reader(shared: Path, tmp_path: Path) -> None:
    segmented = blocks(read(shared / "odd" / "02-multiframe" / "legacy_converted_chest_4_slices.dcm"))
    file = segmented.write(tmp_path / "lungs.dcm")
    assert errors_of(file) == []
    for found in (read_seg(file, (1, 2)), read_by_dcmqi(file, tmp_path / "dcmqi"), read_by_highdicom(file)):
        assert_on_grid(found, segmented)


@pytest.mark.parametrize("seg_type", ["binary", "labelmap"])
def test_tilted_gantry_keeps_each_frame_on_its_image(seg_type: str, tmp_path: Path) -> None:
    tilted = along_axes((2, 1, 0), (1, 1, 1))
    tilted[1, 0] = 0.6  # each slice lies 0.6 mm farther back: 17 degrees
    segmented = marked(read(scanned(around_centre(tilted), tmp_path / "scan")))
    file = segmented.write(tmp_path / "lungs.dcm", seg_type=seg_type)
    assert errors_of(file) == []
    assert_in_place(read_seg(file, (1, 2)), segmented)
    found = read_by_dcmqi(file, tmp_path / "dcmqi")  # whose grid knows no tilt, but whose voxels are those
    np.testing.assert_array_equal(found.voxels, read_seg(file, (1, 2)).voxels)
