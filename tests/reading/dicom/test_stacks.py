"""A position that a series holds twice: phases, acquisitions, or slabs that share slices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import ROOT, chest, codes, enhanced, save, save_all, series
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from read_files import error_code

import pleura
from pleura.errors import AmbiguousInput


def test_two_acquisitions_in_one_series_are_distinguished_and_offered(tmp_path: Path) -> None:
    hu = chest()
    second = series(hu + 5, AcquisitionNumber=2, InstanceNumber=50)
    folder = save_all(series(hu) + second, tmp_path)
    with pytest.raises(AmbiguousInput, match=rf"series {ROOT}\.2#1\).*series {ROOT}\.2#2\)") as caught:
        pleura.read(folder)
    assert caught.value.code == "several-series"
    for first, second in ((f"{ROOT}.2#1", f"{ROOT}.2#2"), ("#1", "#2"), ("1", "2")):
        offered = [pleura.read(folder, series=key).voxels for key in (first, second)]
        assert [int(np.abs(voxels - hu).max()) for voxels in offered] == [0, 5]
    assert error_code(folder, series=f"{ROOT}.2") == "several-series"


@pytest.mark.parametrize("first", [1, 9])
def test_phases_of_one_series_are_offered_in_the_order_of_their_times(tmp_path: Path, first: int) -> None:
    hu = chest()
    early, late = (series(hu + k, TemporalPositionIdentifier=first + k, InstanceNumber=k) for k in range(2))
    folder = save_all(late + early + early[:1], tmp_path)  # one slice is there twice
    assert error_code(folder) == "several-series"
    assert [int(pleura.read(folder, series=f"#{k}").voxels[0, 0, 0] - hu[0, 0, 0]) for k in (1, 2)] == [0, 1]


def test_acquisitions_of_a_slice_each_are_no_scans_of_their_own(tmp_path: Path) -> None:
    both = [*series(chest()), *series(chest() + 1, InstanceNumber=7)]
    for k, dataset in enumerate(both):
        dataset.AcquisitionNumber, dataset.SOPInstanceUID = k, f"{ROOT}.8.{k}"
    assert error_code(save_all(both, tmp_path)) == "doubled-slices"


def test_phases_of_a_multi_frame_object_are_offered(tmp_path: Path) -> None:
    hu = chest((10, 64, 64))
    both = enhanced(np.concatenate([hu, hu + 3]), range(20))
    for k, frame in enumerate(both.PerFrameFunctionalGroupsSequence):
        frame.PlanePositionSequence[0].ImagePositionPatient = [-160, -160, 5 * (k % 10)]
        content = Dataset()
        content.TemporalPositionIndex = 1 + k // 10
        frame.FrameContentSequence = Sequence([content])
    path = save(both, tmp_path / "many.dcm")
    assert error_code(path) == "several-series"
    assert pleura.read(path, series="#2").voxels[0, 0, 0] == hu[0, 0, 0] + 3


@pytest.mark.parametrize("shared", [1, 3])
def test_slabs_that_share_slices_are_one_scan(tmp_path: Path, shared: int) -> None:
    hu = chest()
    slices = series(hu)
    for k, dataset in enumerate(slices):
        dataset.AcquisitionNumber = 1 + k // 8
    again = series(hu + 7)
    overlap = [k for end in (8, 16) for k in range(end, end + shared)]  # the lower slab goes on for `shared` slices
    for k in overlap:
        again[k].AcquisitionNumber, again[k].InstanceNumber = k // 8, 100 + k
        again[k].SOPInstanceUID += ".7"
    volume = pleura.read(save_all(slices + [again[k] for k in overlap], tmp_path))
    assert "slabs-joined" in codes(volume)
    expected = hu.copy()
    expected[overlap] += 7
    np.testing.assert_array_equal(volume.voxels, expected)


def test_acquisitions_that_follow_each_other_are_one_stack(tmp_path: Path) -> None:
    slices = series(chest())
    for k, dataset in enumerate(slices):
        dataset.AcquisitionNumber = k
    assert pleura.read(save_all(slices, tmp_path)).shape == (24, 64, 64)
