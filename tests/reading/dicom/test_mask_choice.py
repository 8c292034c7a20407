"""Of the objects of a folder those are taken that refer to the scan: one, or one for each lung."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest, save_all, series

from pleura.errors import AmbiguousInput, UnsuitableInput
from pleura.labels import LUNGS, structures
from pleura.reading import read, read_labels
from pleura.reading.dicom.mask_choice import masks_of_scan, sides
from pleura.segmentation import Segmentation
from pleura.volume import Volume


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    return read(save_all(series(chest()), tmp_path_factory.mktemp("scan")))


def mask(scan: Volume, *values: int) -> Segmentation:
    """Return a mask of one lung or both, named by its structures alone."""
    labels = np.zeros(scan.shape, np.uint8)
    for value in values:
        labels[4:9, 20:40, 8 + 26 * (value - 1) : 28 + 26 * (value - 1)] = value
    return Segmentation(labels, scan, structures=tuple(label for label in LUNGS if label.value in values))


def one_lung(scan: Volume, value: int) -> Segmentation:
    """Return a mask of one lung whose number is 1, as it is in a file that holds no other."""
    both = mask(scan, value)
    return replace(both, labels=(both.labels > 0).astype(np.uint8), structures=(replace(both.structures[0], value=1),))


def test_right_and_left_in_two_files_are_one_mask(scan: Volume, tmp_path: Path) -> None:
    one_lung(scan, 2).write(tmp_path / "a.dcm", format="dicom-seg")
    one_lung(scan, 1).write(tmp_path / "sub.dcm", format="rtstruct")
    assert [sides(tmp_path / name) for name in ("a.dcm", "sub.dcm")] == [{2}, {1}]
    found = read_labels(tmp_path, grid=scan)
    np.testing.assert_array_equal(found.labels, mask(scan, 1, 2).labels)
    assert found.structures == LUNGS


def test_two_versions_are_a_choice(scan: Volume, tmp_path: Path) -> None:
    mask(scan, 1, 2).write(tmp_path / "first.dcm")
    one_lung(scan, 1).write(tmp_path / "second.dcm", format="rtstruct")
    with pytest.raises(AmbiguousInput, match=r"first\.dcm \(lungs\); second\.dcm \(right lung\)") as caught:
        read_labels(tmp_path, grid=scan)
    assert caught.value.code == "several-masks"


def test_object_without_a_lung_does_not_stand_beside_one_with(scan: Volume, tmp_path: Path) -> None:
    mask(scan, 1, 2).write(tmp_path / "lungs.dcm")
    replace(mask(scan, 1), structures=structures(["heart"])).write(tmp_path / "heart.dcm")
    assert masks_of_scan(tmp_path, scan.identity) == (tmp_path / "lungs.dcm",)
    (tmp_path / "lungs.dcm").unlink()
    assert [label.name for label in read_labels(tmp_path, grid=scan).structures] == ["heart"]


def test_objects_of_other_scans_and_other_files_are_passed_over(scan: Volume, tmp_path: Path) -> None:
    uids = {"SeriesInstanceUID": "1.2.9", "FrameOfReferenceUID": "1.3.9"}
    other = read(save_all(series(chest(), start=(-150, -160, -300), **uids), tmp_path / "other"))
    mask(other, 1, 2).write(tmp_path / "masks.dcm")
    (tmp_path / "note.txt").write_text("no mask")
    with pytest.raises(UnsuitableInput) as caught:
        read_labels(tmp_path, grid=scan)
    assert caught.value.code == "no-mask"
    mask(scan, 1, 2).write(tmp_path / "own.dcm")
    np.testing.assert_array_equal(read_labels(tmp_path, grid=scan).labels, mask(scan, 1, 2).labels)
