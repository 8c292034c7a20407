"""The rescale of a series, lost in some slices, applied twice, or left out: seen from neighbours and from the whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import chest, codes, save_all, series
from pydicom.dataset import Dataset

import pleura
from pleura.errors import UnsuitableInput
from pleura.volume import Volume

HU = chest()


def read(slices: Sequence[Dataset], folder: Path) -> Volume:
    return pleura.read(save_all(slices, folder))


def change(slices: list[Dataset], which: Sequence[int], **elements: Any) -> list[Dataset]:
    """Set elements of some slices, by keyword; None removes one."""
    for k in which:
        for keyword, value in elements.items():
            if value is None:
                delattr(slices[k], keyword)
            else:
                setattr(slices[k], keyword, value)
    return slices


@pytest.mark.parametrize("which", [[5], [0, 1], [23], [3, 4, 9, 15, 16, 17], list(range(0, 24, 2)), list(range(1, 24))])
@pytest.mark.parametrize("lost", [{"RescaleSlope": None, "RescaleIntercept": None}, {"RescaleIntercept": 0}])
def test_slices_that_lost_their_rescale_are_set_to_fit(tmp_path: Path, which: list[int], lost: dict[str, Any]) -> None:
    volume = read(change(series(HU), which, **lost), tmp_path)
    np.testing.assert_array_equal(volume.voxels, HU)
    assert "rescale-differs" in codes(volume)


@pytest.mark.parametrize("which", [[7], [0, 1, 2], list(range(10, 15))])
def test_slices_that_hold_hu_already_are_set_to_fit(tmp_path: Path, which: list[int]) -> None:
    slices = series(HU)
    for k in which:
        slices[k].PixelRepresentation = 1
        slices[k].PixelData = HU[k].tobytes()  # and still state an intercept of -1024
    volume = read(slices, tmp_path)
    np.testing.assert_array_equal(volume.voxels, HU)
    assert "rescale-differs" in codes(volume)


def test_different_rescales_that_lead_to_the_same_units_are_followed(tmp_path: Path) -> None:
    slices = series(HU)
    for k in range(0, 24, 3):
        slices[k].RescaleSlope, slices[k].RescaleIntercept = 0.5, -2000
        slices[k].PixelData = ((HU[k] + 2000) * 2).astype(np.uint16).tobytes()
    volume = read(slices, tmp_path)
    np.testing.assert_array_equal(volume.voxels, HU)
    assert codes(volume) == set()


def test_slices_that_no_rescale_makes_fit_are_refused(tmp_path: Path) -> None:
    slices = change(series(HU), [4, 5], RescaleIntercept=-400)
    for k in (4, 5):
        slices[k].PixelData = (HU[k].astype(int) // 2 + 1500).astype(np.uint16).tobytes()
    with pytest.raises(UnsuitableInput) as caught:
        read(slices, tmp_path)
    assert caught.value.code == "rescale-differs"


def brighter(which: Sequence[int], by: int) -> np.ndarray:
    """Return the chest with some slices brighter, as contrast or a dose that changes makes them."""
    hu = HU.copy()
    hu[list(which)] += by
    return hu


EVEN = range(0, 24, 2)


@pytest.mark.parametrize(
    ("hu", "wrong_by", "is_set"),
    [
        (HU, 70, False),  # slices of the chest differ by 1 HU: from 80 on another rescale is tried
        (HU, 100, True),
        (brighter(EVEN, 60), 70, False),  # they differ by 60 HU: from 2.5 times as much on, 150; slice 4 now by 130
        (brighter(EVEN, 60), 110, True),  # and now by 170, of which the rescale of its neighbours leaves 60
    ],
)
def test_another_rescale_is_tried_where_a_slice_differs_more_than_slices_do(
    tmp_path: Path, hu: np.ndarray, wrong_by: int, is_set: bool
) -> None:
    volume = read(change(series(hu), [4], RescaleIntercept=-1024 + wrong_by), tmp_path)
    expected = hu.copy()
    expected[4] += 0 if is_set else wrong_by
    np.testing.assert_array_equal(volume.voxels, expected)
    # the body drawn has 40 to 140 HU, and where it is brighter yet, no patient's tissue
    assert codes(volume) - {"hu-doubtful"} == ({"rescale-differs"} if is_set else set())


def test_a_rescale_that_leaves_less_than_half_of_a_difference_is_taken(tmp_path: Path) -> None:
    hu = brighter([12], 130)  # 300 by its own rescale, 130 by that of its neighbours
    volume = read(change(series(hu), [12], RescaleIntercept=-1024 + 170), tmp_path)
    np.testing.assert_array_equal(volume.voxels, hu)
    assert "rescale-differs" in codes(volume)


def test_slices_are_refused_where_another_rescale_leaves_more_than_half_of_a_difference(tmp_path: Path) -> None:
    slices = change(series(brighter([12], 170)), [12], RescaleIntercept=-1024 + 130)  # 300 and 170
    with pytest.raises(UnsuitableInput) as caught:
        read(slices, tmp_path)
    assert caught.value.code == "rescale-differs"


def test_neighbours_that_differ_much_by_nature_are_kept(tmp_path: Path) -> None:
    hu = HU.copy()
    hu[:8] = -1000 + HU[:8] % 7  # nothing but air, as above the head
    volume = read(series(hu), tmp_path)
    np.testing.assert_array_equal(volume.voxels, hu)
    assert codes(volume) == set()


@pytest.mark.parametrize("place", [0, 12, 24])
def test_blank_slices_change_nothing_where_the_field_of_view_lies_within_the_body(tmp_path: Path, place: int) -> None:
    blank = np.full((3, 64, 64), -1024, np.int16)
    within = np.where(HU < -900, -60 + HU % 200, HU).astype(np.int16)  # no air around, little in the lungs
    hu = np.concatenate([within[:place], blank, within[place:]])
    volume = read(series(hu), tmp_path)
    np.testing.assert_array_equal(volume.voxels, hu)
    assert "rescale-differs" not in codes(volume)


def test_a_rescale_applied_twice_is_taken_back(tmp_path: Path) -> None:
    slices = series(HU)
    for k, dataset in enumerate(slices):
        dataset.PixelRepresentation = 1
        dataset.PixelData = HU[k].tobytes()
    volume = read(slices, tmp_path)
    np.testing.assert_array_equal(volume.voxels, HU)
    assert codes(volume) == {"hu-offset-corrected"}


def test_padding_that_is_not_air_is_found_in_dicom_too(tmp_path: Path) -> None:
    down, across = np.mgrid[-31.5:32, -31.5:32]
    circle = np.hypot(down, across) > 33
    padded = HU.copy()
    padded[:, circle] = 3071
    volume = read(series(padded), tmp_path)
    np.testing.assert_array_equal(volume.voxels[:, ~circle], HU[:, ~circle])
    assert set(volume.voxels[:, circle].ravel()) == {-1024}
    assert codes(volume) == {"padding"}


@pytest.mark.parametrize(
    "unit", ["Houndsfield Unit", "HU ", "hu", "hounsfield", "Hounsfield Units", "US", "HU_MOD", "", "SIGNAL INTENSITY"]
)
def test_any_name_of_the_unit_is_judged_by_the_values(tmp_path: Path, unit: str) -> None:
    volume = read(change(series(HU), range(24), RescaleType=unit), tmp_path)
    np.testing.assert_array_equal(volume.voxels, HU)
    assert codes(volume) == set()


def test_an_unknown_unit_whose_values_are_no_hounsfield_units_is_refused(tmp_path: Path) -> None:
    slices = series(np.abs(HU) // 8 + 200, RescaleType="MG/CC")
    with pytest.raises(UnsuitableInput, match="MG/CC") as caught:
        read(slices, tmp_path)
    assert caught.value.code == "not-hu"


@pytest.mark.parametrize("unit", ["Z_EFF", "ED", "MGML"])
def test_a_unit_that_is_defined_as_another_is_refused(tmp_path: Path, unit: str) -> None:
    with pytest.raises(UnsuitableInput) as caught:
        read(change(series(HU), range(24), RescaleType=unit), tmp_path)
    assert caught.value.code == "not-hu"
