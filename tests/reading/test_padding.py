"""Padding that is not air: found in the corners, taken as air, and nothing else touched."""

from __future__ import annotations

import numpy as np
import pytest
from dicom_files import chest
from numpy.typing import NDArray

from pleura.errors import UnsuitableInput
from pleura.modality.borders import connected_to_border
from pleura.reading.intensity import interpret
from pleura.reading.padding import corner_values
from pleura.volume import Kind

HU = chest()
DOWN, ACROSS = np.mgrid[-31.5:32, -31.5:32]
CIRCLE = np.hypot(DOWN, ACROSS) > 33
FRAME = np.maximum(abs(DOWN), abs(ACROSS)) > 29
SIDES = abs(ACROSS) > 29


@pytest.mark.parametrize("where", [CIRCLE, FRAME, SIDES], ids=["circle", "frame", "sides"])
@pytest.mark.parametrize("value", [3071, 0, 65535, 100_000, -500, np.nan, -np.inf, np.inf])
def test_padding_of_any_value_and_shape_becomes_air(where: NDArray[np.bool_], value: float) -> None:
    padded = HU.astype(np.float64)
    padded[:, where] = value
    intensity = interpret(padded)
    assert intensity.kind is Kind.HU
    assert "padding" in {note.code for note in intensity.notes}
    np.testing.assert_array_equal(intensity.voxels[:, ~where], HU[:, ~where])
    assert intensity.voxels[:, where].max() < -850


@pytest.mark.parametrize("value", [-32768, -3024, -2000, -1024])
def test_padding_below_air_is_air_without_a_word(value: int) -> None:
    padded = HU.copy()
    padded[:, CIRCLE] = value
    intensity = interpret(padded)
    assert [note.code for note in intensity.notes] == ["values-hu"]
    assert set(intensity.voxels[:, CIRCLE].ravel()) == {-1024}


def test_raw_unsigned_values_are_judged_beside_their_padding() -> None:
    raw = (HU + 1024).astype(np.uint16)
    raw[:, CIRCLE] = 65535
    intensity = interpret(raw)
    assert {note.code for note in intensity.notes} == {"hu-offset-corrected", "padding"}
    np.testing.assert_array_equal(intensity.voxels[:, ~CIRCLE], HU[:, ~CIRCLE])
    assert set(intensity.voxels[:, CIRCLE].ravel()) == {-1024}


def test_the_same_value_within_the_body_is_kept() -> None:
    padded = HU.copy()
    padded[:, 30:34, 30:34] = 0
    padded[:, CIRCLE] = 0
    found = interpret(padded).voxels
    assert set(found[:, 30:34, 30:34].ravel()) == {0}


def test_many_values_within_the_scan_that_are_no_numbers_are_refused() -> None:
    torn = HU.astype(np.float32)
    torn[:, 20:40, 20:40] = np.nan
    with pytest.raises(UnsuitableInput) as caught:
        interpret(torn)
    assert caught.value.code == "not-finite"


def test_corners_that_vary_are_no_padding() -> None:
    assert corner_values(HU) == []
    flat = np.zeros((4, 8, 8))
    flat[:, :, 4:] = 7
    assert sorted(corner_values(flat)) == [0, 7]  # half of the corners each
    flat[0, :, 0] = 1
    flat[-1, :, 0] = 1
    assert corner_values(flat) == [7]


def test_of_a_single_slice_two_corners_have_to_agree() -> None:
    plane = HU[:1].copy()
    plane[0, :3, :3] = 400
    assert corner_values(plane) == []
    plane[0, -3:, :3] = 400
    assert corner_values(plane) == [400]


RING = (np.hypot(DOWN, ACROSS) > 31) & (np.hypot(DOWN, ACROSS) < 35)


@pytest.mark.parametrize("value", [3071, 0])
def test_a_ring_within_corners_of_air_becomes_air(value: int) -> None:
    padded = np.where(HU < -890, -1000 + HU % 17, HU).astype(np.int16)
    padded[:, np.hypot(DOWN, ACROSS) > 31] = -1024
    padded[:, RING] = value
    intensity = interpret(padded)
    assert "padding" in {note.code for note in intensity.notes}
    assert set(intensity.voxels[:, RING].ravel()) == {-1024}


def test_different_padding_at_two_sides_becomes_air() -> None:
    padded = HU.copy()
    padded[:, :4], padded[:, -4:] = 3071, 0
    found = interpret(padded).voxels
    assert set(found[:, :4].ravel()) == set(found[:, -4:].ravel()) == {-1024}
    np.testing.assert_array_equal(found[:, 4:-4], HU[:, 4:-4])


def test_a_drawn_body_without_noise_is_kept() -> None:
    drawn = np.where(HU > -500, 40, np.where(HU > -900, -850, -1000)).astype(np.int16)
    drawn[:, 28:36, 28:36] = 300
    intensity = interpret(drawn.copy())
    np.testing.assert_array_equal(intensity.voxels, drawn)
    assert [note.code for note in intensity.notes] == ["values-hu"]


@pytest.mark.parametrize("value", [0, 170, 3071, -700])
def test_value_around_lungs_that_were_cut_out_stands_for_the_body_and_is_kept(value: int) -> None:
    cut_out = np.where((HU > -900) & (HU < -500), HU, value).astype(np.int16)
    cut_out[:, 30:32, 20:22] = 40  # a vessel
    intensity = interpret(cut_out.copy(), Kind.HU)
    np.testing.assert_array_equal(intensity.voxels, cut_out)
    assert not intensity.notes


def test_air_at_the_value_where_hu_are_cut_off_is_kept() -> None:
    cut_off = np.maximum(HU, -850)
    intensity = interpret(cut_off.copy())
    np.testing.assert_array_equal(intensity.voxels, cut_off)


def test_only_what_is_joined_to_the_border_is_outside() -> None:
    mask = np.zeros((6, 6), bool)
    mask[0, :3] = mask[1, 1] = mask[3:5, 3:5] = True
    expected = mask.copy()
    expected[3:5, 3:5] = False
    np.testing.assert_array_equal(connected_to_border(mask), expected)
