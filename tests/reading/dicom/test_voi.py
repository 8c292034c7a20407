"""Stored values of a radiograph as the greys that its header means: window, tables, rescale, inversion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import BYTES, RAMP, codes, radiograph, save
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_voi, apply_windowing
from pydicom.sequence import Sequence

import pleura
from pleura.reading.dicom.voi import window
from pleura.volume import Volume


def read(dataset: Dataset, folder: Path, **how: Any) -> Volume:
    return pleura.read(save(dataset, folder / "one.dcm", **how))


def test_monochrome1_is_turned_so_that_bone_is_bright(tmp_path: Path) -> None:
    whole_range = {"WindowCenter": 2048, "WindowWidth": 4096}
    plain = read(radiograph(**whole_range), tmp_path)
    turned = read(radiograph(PhotometricInterpretation="MONOCHROME1", **whole_range), tmp_path)
    np.testing.assert_array_equal(turned.voxels, 255 - plain.voxels)


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [
        ("LINEAR", 0.5 + 101 / 4, 0.75),  # (x - (c - 0.5)) / (w - 1) + 0.5 with c 1, w 102
        ("LINEAR_EXACT", 1 + 102 / 4, 0.75),  # (x - c) / w + 0.5
        ("SIGMOID", 1 + 102 / 4, 1 / (1 + np.exp(-1))),  # 1 / (1 + exp(-4 (x - c) / w))
        ("LINEAR", -1000, 0),
        ("LINEAR_EXACT", 1000, 1),
    ],
)
def test_windows_follow_the_standard(function: str, value: float, expected: float) -> None:
    assert window(np.array([value]), 1, 102, function)[0] == pytest.approx(expected)


def test_a_window_of_width_one_is_a_threshold() -> None:
    assert window(np.array([9, 10, 11]), 10, 1).tolist() == [0, 1, 1]


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_the_window_equals_that_of_pydicom(tmp_path: Path, function: str) -> None:
    dataset = radiograph(WindowCenter=[1500, 40], WindowWidth=[2500, 400], VOILUTFunction=function)
    found = read(dataset, tmp_path).voxels[0]
    np.testing.assert_array_equal(found, np.rint(apply_windowing(RAMP, dataset) / 4095 * 255))


def test_a_voi_table_goes_before_a_window(tmp_path: Path) -> None:
    table = Dataset()
    table.LUTDescriptor = [4096, 0, 16]
    table.LUTData = np.rint(65535 * (np.arange(4096) / 4095) ** 2).astype(np.uint16).tobytes()
    table["LUTData"].VR = "OW"
    dataset = radiograph(VOILUTSequence=Sequence([table]), WindowCenter=1, WindowWidth=2)
    found = read(dataset, tmp_path).voxels[0]
    np.testing.assert_array_equal(found, np.rint(apply_voi(RAMP, dataset) / 65535 * 255))
    np.testing.assert_allclose(found, 255 * (RAMP / 4095) ** 2, atol=0.51)


def test_the_rescale_is_applied_before_the_window(tmp_path: Path) -> None:
    # stored 0..4095 become -1000..1047.5, so that the window from -1000 to 1047.5 is the whole range
    whole_range = {"WindowCenter": 23.75, "WindowWidth": 2047.5, "VOILUTFunction": "LINEAR_EXACT"}
    volume = read(radiograph(RescaleSlope=0.5, RescaleIntercept=-1000, **whole_range), tmp_path)
    np.testing.assert_array_equal(volume.voxels[0], np.rint(RAMP / 4095 * 255))


def test_8_bits_without_a_window_stay_as_they_are(tmp_path: Path) -> None:
    stored = (RAMP % 200).astype(np.uint8)
    np.testing.assert_array_equal(read(radiograph(stored, bits=8), tmp_path).voxels[0], stored)


def test_deep_values_without_a_window_are_spread_from_end_to_end_but_for_padding(tmp_path: Path) -> None:
    stored = 1000 + RAMP // 4
    stored[:, :32] = 0
    stored[0, 40] = 4095  # a marker
    found = read(radiograph(stored, PixelPaddingValue=0), tmp_path).voxels[0]
    assert (found[:, :32] == 0).all()
    inside = found[:, 33:][1:]
    assert inside.min() <= 3
    assert inside.max() == 255
    assert np.abs(inside - (stored[1:, 33:] - 1000.0) / 1023 * 255).max() < 4


def test_a_window_that_shows_nothing_is_ignored_with_a_note(tmp_path: Path) -> None:
    volume = read(radiograph(WindowCenter=60000, WindowWidth=10), tmp_path)
    assert "window-ignored" in codes(volume)
    assert np.ptp(volume.voxels) == 255
    assert "window-ignored" not in codes(read(radiograph(WindowCenter=2000, WindowWidth=4000), tmp_path))


@pytest.mark.parametrize("bits", [10, 12, 14, 15, 16])
def test_any_depth_fills_the_greys(tmp_path: Path, bits: int) -> None:
    stored = (RAMP.astype(np.uint32) * (2**bits - 1) // 4095).astype(np.uint16)
    whole = {"WindowCenter": 2 ** (bits - 1), "WindowWidth": 2**bits}
    found = read(radiograph(stored, bits=bits, **whole), tmp_path).voxels[0]
    np.testing.assert_allclose(found, RAMP / 4095 * 255, atol=0.76)


def test_overlay_bits_above_the_stored_ones_do_not_show(tmp_path: Path) -> None:
    whole_range = {"WindowCenter": 2048, "WindowWidth": 4096}
    clean = read(radiograph(**whole_range), tmp_path)
    np.testing.assert_array_equal(read(radiograph(RAMP | 0x8000, **whole_range), tmp_path).voxels, clean.voxels)


def test_signed_values_keep_their_sign(tmp_path: Path) -> None:
    stored = (RAMP.astype(np.int16) - 2048) & 0x0FFF  # two's complement in 12 of 16 bits
    volume = read(radiograph(stored, PixelRepresentation=1, WindowCenter=0, WindowWidth=4096), tmp_path)
    np.testing.assert_array_equal(volume.voxels[0], np.rint(RAMP / 4095 * 255))


@pytest.mark.parametrize(("slope", "intercept"), [(-10, 3000), (10, 0), (1, 500), (0.1, -7)])
def test_8_bits_with_a_rescale_and_no_window_are_spread_as_the_rescale_says(
    tmp_path: Path, slope: float, intercept: float
) -> None:
    dataset = radiograph(BYTES, bits=8, RescaleSlope=slope, RescaleIntercept=intercept)
    grey = read(dataset, tmp_path).voxels[0]
    assert (grey.min(), grey.max()) == (0, 255)
    assert (grey[0, 0] < grey[-1, -1]) == (slope > 0)


def test_8_bits_with_a_rescale_that_says_nothing_are_taken_as_they_are(tmp_path: Path) -> None:
    grey = read(radiograph(BYTES // 2, bits=8, RescaleSlope=1, RescaleIntercept=0), tmp_path).voxels[0]
    np.testing.assert_array_equal(grey, BYTES // 2)
