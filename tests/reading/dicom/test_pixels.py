"""Stored bits become HU: rescale, sign, and what lies above the stored bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest, ct_slice, save, save_all

import pleura
from pleura.errors import PleuraError


def test_rescale_is_applied_slice_by_slice(tmp_path: Path) -> None:
    hu = chest()
    slices = [ct_slice(hu[k], (0, 0, 5 * k), slope=1 + k % 2, intercept=-1024 - 2 * k) for k in range(24)]
    read = pleura.read(save_all(slices, tmp_path)).voxels
    np.testing.assert_array_equal(read[::2], hu[::2])
    assert np.abs(read[1::2] - hu[1::2]).max() == 1  # slope 2 keeps every second value


def test_fractional_rescale_is_rounded(tmp_path: Path) -> None:
    stored = np.full((64, 64), 3, np.uint16)
    stored[0, 0] = 40000
    path = save(ct_slice(stored, (0, 0, 0), stored=stored, slope=0.5, intercept=-1000.0), tmp_path / "one.dcm")
    voxels = pleura.read(path).voxels
    assert voxels[0, 1, 1] == -998  # -998.5 goes to the even neighbour
    assert voxels[0, 0, 0] == 19000


def test_padding_below_air_becomes_air_even_where_the_sum_would_wrap_round(tmp_path: Path) -> None:
    stored = (chest((1, 64, 64))[0] + 1024).astype(np.int16)
    stored[0, :3] = (-32768, -2000, -1024)
    path = save(ct_slice(stored, (0, 0, 0), stored=stored, PixelPaddingValue=-2000), tmp_path / "one.dcm")
    assert pleura.read(path).voxels[0, 0, :3].tolist() == [-1024, -1024, -1024]


def test_unsigned_values_above_the_signed_range_are_kept_or_clipped_but_never_wrapped(tmp_path: Path) -> None:
    stored = (chest((1, 64, 64))[0] + 1024).astype(np.uint16)
    stored[0, :2] = (33000, 65535)
    path = save(ct_slice(stored, (0, 0, 0), stored=stored), tmp_path / "one.dcm")
    assert pleura.read(path).voxels[0, 0, :2].tolist() == [33000 - 1024, 32767]


@pytest.mark.parametrize("signed", [False, True])
def test_bits_above_the_stored_ones_are_ignored(tmp_path: Path, signed: bool) -> None:
    hu = chest((1, 64, 64))[0]
    intercept = 0 if signed else -1024
    twelve = (hu - intercept).astype(np.int16) & 0x0FFF
    stored = (twelve.astype(np.uint16) | 0x5000).view(np.int16 if signed else np.uint16)
    dataset = ct_slice(hu, (0, 0, 0), stored=stored, intercept=intercept, BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(pleura.read(save(dataset, tmp_path / "one.dcm")).voxels[0], hu)


def test_pixels_that_end_before_the_last_row_are_not_filled_with_what_follows_them(tmp_path: Path) -> None:
    dataset = ct_slice(chest((1, 64, 64))[0], (0, 0, 0))
    dataset.PixelData = dataset.PixelData[: 63 * 64 * 2]
    dataset.add_new(0xFFFCFFFC, "OB", bytes(20_000))  # padding behind the pixel data
    with pytest.raises(PleuraError) as caught:
        pleura.read(save(dataset, tmp_path / "one.dcm"))
    assert caught.value.code == "truncated"
