"""HU, raw, windowed, labels: distinguished by the values alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest
from numpy.typing import NDArray
from PIL import Image

from pleura.errors import UnsuitableInput
from pleura.reading.intensity import are_hu, hold_tissue, hu_warnings, interpret, sample, to_hu
from pleura.volume import Kind


def window(hu: NDArray[np.int16], low: int, high: int) -> NDArray[np.float64]:
    return np.clip((hu.astype(float) - low) / (high - low), 0, 1)


def only_code(array: NDArray[np.generic], **how: object) -> str:
    intensity = interpret(array, **how)  # type: ignore[arg-type]
    (note,) = intensity.notes
    return note.code


def test_hu_are_kept_and_padding_becomes_air() -> None:
    hu = chest()
    padded = hu.copy()
    padded[:, :4] = -3024
    intensity = interpret(padded)
    assert intensity.kind is Kind.HU
    assert intensity.voxels.dtype == np.int16
    assert set(intensity.voxels[:, :4].ravel()) == {-1024}
    np.testing.assert_array_equal(intensity.voxels[:, 4:], hu[:, 4:])


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_raw_values_are_set_back_by_1024(dtype: type) -> None:
    hu = chest()
    intensity = interpret((hu + 1024).astype(dtype))
    np.testing.assert_array_equal(intensity.voxels, hu)
    assert [note.code for note in intensity.notes] == ["hu-offset-corrected"]


@pytest.mark.parametrize(
    ("dtype", "slope", "intercept"), [(np.int16, 16, -2048), (np.int16, 12, -1024), (np.uint16, -4, 1023)]
)
def test_radiographs_whose_values_are_spread_like_ct_numbers_are_greys(
    shared: Path, dtype: type, slope: int, intercept: int
) -> None:
    name = "heart-excluded/val/images/montgomery_MCUCXR_0038_0.jpg"
    with Image.open(shared / "data/cxr" / name) as picture:
        stored = (np.asarray(picture.convert("L")).astype(int) * slope + intercept).astype(dtype)
    intensity = interpret(stored[None])
    assert intensity.kind is Kind.WINDOWED
    assert [note.code for note in intensity.notes] == ["values-windowed"]
    assert (intensity.voxels.min(), intensity.voxels.max()) == (0, 255)


def test_a_16_bit_picture_of_hu_above_32768_is_set_back() -> None:
    hu = chest((1, 64, 64))
    intensity = interpret((hu.astype(np.int32) + 32768).astype(np.uint16))
    np.testing.assert_array_equal(intensity.voxels, hu)
    assert intensity.kind is Kind.HU


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_a_rescale_applied_twice_is_taken_back(dtype: type) -> None:
    hu = chest()
    intensity = interpret((hu - 1024).astype(dtype))
    np.testing.assert_array_equal(intensity.voxels, hu)
    assert [note.code for note in intensity.notes] == ["hu-offset-corrected"]
    assert "1024 below" in intensity.notes[0].message


def test_raw_values_with_padding_are_set_back_too() -> None:
    raw = chest() + 1024
    raw[:, :6] = -2000
    assert only_code(raw) == "hu-offset-corrected"


@pytest.mark.parametrize("limits", [(-1250, 250), (-1350, 150), (-160, 240)])
def test_a_window_stretched_to_8_bits_is_windowed(limits: tuple[int, int]) -> None:
    grey = np.rint(255 * window(chest(), *limits)).astype(np.uint8)
    intensity = interpret(grey)
    assert intensity.kind is Kind.WINDOWED
    assert intensity.voxels.dtype == np.uint8
    np.testing.assert_array_equal(intensity.voxels, grey)


def test_0_to_255_in_wider_types_becomes_uint8() -> None:
    grey = np.rint(255 * window(chest(), -1350, 150))
    for dtype in (np.int16, np.float32):
        assert interpret(grey.astype(dtype)).voxels.dtype == np.uint8


def test_0_to_1_is_scaled_to_8_bits() -> None:
    unit = window(chest(), -1350, 150).astype(np.float32)
    intensity = interpret(unit)
    np.testing.assert_array_equal(intensity.voxels, np.rint(unit * 255))
    assert intensity.kind is Kind.WINDOWED


def test_a_16_bit_picture_keeps_its_finer_steps_but_a_volume_is_refused() -> None:
    sixteen = np.rint(50000 * window(chest((2, 64, 64)), -1350, 150)).astype(np.uint16)
    picture = interpret(sixteen[:1])
    assert picture.kind is Kind.WINDOWED
    assert picture.voxels.dtype == np.float32
    assert (picture.voxels.min(), picture.voxels.max()) == (0, 255)
    assert np.unique(picture.voxels).size == np.unique(sixteen[0]).size
    with pytest.raises(UnsuitableInput) as caught:
        interpret(sixteen)
    assert caught.value.code == "not-hu"


@pytest.mark.parametrize(
    ("dtype", "brightest"), [(np.uint8, 90), (np.uint8, 127), (np.float32, 0.4), (np.float32, 3.0)]
)
def test_a_dim_picture_is_stretched(dtype: type, brightest: float) -> None:
    plane = (window(chest((1, 64, 64)), -1350, 150) * brightest).astype(dtype)
    dim = interpret(plane)
    assert dim.kind is Kind.WINDOWED
    assert (dim.voxels.min(), dim.voxels.max()) == (0, 255)
    np.testing.assert_allclose(dim.voxels, (plane - plane.min()) / np.ptp(plane) * 255, atol=0.01)


def test_a_single_bright_marker_does_not_darken_a_deep_picture() -> None:
    marked = np.random.default_rng(0).integers(0, 4001, (1, 200, 200)).astype(np.uint16)
    # half a percent of 0..4000 is cut at either end: 20..3980
    expected = np.clip((marked[0, 0, 1:] - 20.0) / 3960 * 255, 0, 255)
    marked[0, 0, 0] = 65535
    found = interpret(marked).voxels[0, 0]
    assert found[0] == 255
    np.testing.assert_allclose(found[1:], expected, atol=2)
    marked[0, 0, :2] = 4800, 0
    np.testing.assert_allclose(interpret(marked).voxels, marked / 4800 * 255, rtol=1e-5)


@pytest.mark.parametrize(
    "array",
    [
        np.random.default_rng(0).gamma(2, 200, (8, 64, 64)).astype(np.int16),  # as MR: no air peak, no tissue peak
        np.random.default_rng(0).normal(0, 1, (8, 64, 64)),
        np.random.default_rng(0).integers(0, 90, (8, 64, 64)).astype(np.uint8),
    ],
)
def test_what_is_neither_hu_nor_grey_is_refused_with_its_range(array: NDArray[np.generic]) -> None:
    with pytest.raises(UnsuitableInput, match=r"the values run from .* to .*pleura\.read\(path, kind='hu'\)") as caught:
        interpret(array)
    assert caught.value.code == "not-hu"


@pytest.mark.parametrize("labels", [[0, 1], [0, 1, 2], [0, 255], list(range(14))])
def test_label_maps_are_refused_as_masks(labels: list[int]) -> None:
    array = np.random.default_rng(0).choice(np.array(labels, np.uint8), (8, 64, 64))
    with pytest.raises(UnsuitableInput) as caught:
        interpret(array)
    assert caught.value.code == "a-mask"


def test_a_drawn_phantom_of_few_hu_is_not_taken_for_a_mask() -> None:
    hu = np.where(chest() < -500, -1000, 40).astype(np.int16)
    assert only_code(hu) == "values-hu"


def test_a_constant_volume_is_refused() -> None:
    with pytest.raises(UnsuitableInput) as caught:
        interpret(np.full((4, 64, 64), -1000, np.int16))
    assert caught.value.code == "constant"


def test_the_caller_is_believed() -> None:
    tissue = (np.arange(4 * 64 * 64).reshape(4, 64, 64) % 300).astype(np.int16)
    assert interpret(tissue.copy(), Kind.HU).kind is Kind.HU
    stretched = interpret(tissue, Kind.WINDOWED)
    assert stretched.kind is Kind.WINDOWED
    assert (stretched.voxels.min(), stretched.voxels.max()) == (0, 255)


def test_hu_out_of_range_are_clipped_not_wrapped() -> None:
    array = chest().astype(np.int64)
    array[0, 0, :2] = (70_000, -70_000)
    assert to_hu(array)[0, 0, :2].tolist() == [32767, -1024]


def test_warnings_name_what_is_missing() -> None:
    assert hu_warnings(chest()) == ()
    (no_air,) = hu_warnings(np.full(100, 40))
    (no_tissue,) = hu_warnings(np.full(100, -900))
    assert "no air" in no_air.message
    assert "no soft tissue" in no_tissue.message


@pytest.mark.parametrize(("count", "enough"), [(10, True), (9, False)])
def test_one_value_in_a_hundred_has_to_be_air_and_one_to_be_tissue(count: int, enough: bool) -> None:
    padding = np.full(5000, -2000)  # no part of the scan: of what is left, 1000 values, one in a hundred counts
    air = np.concatenate([padding, np.full(count, -800), np.full(1000 - count, 1000)])
    tissue = np.concatenate([np.full(count, 40), np.full(1000 - count, -900)])
    assert are_hu(air) is enough
    assert hold_tissue(tissue) is enough


@pytest.mark.parametrize(("value", "air"), [(-1101, False), (-1100, True), (-600, True), (-599, False)])
def test_air_lies_from_minus_1100_to_minus_600(value: int, air: bool) -> None:
    assert are_hu(np.full(100, value)) is air


def test_a_sample_is_small_and_spread_over_the_whole() -> None:
    big = np.arange(100 * 300 * 200, dtype=np.int32).reshape(100, 300, 200)
    found = sample(big)
    assert found.size <= 32 * 128 * 128
    assert found.min() < 0.05 * big.size
    assert found.max() > 0.95 * big.size


def test_real_slices_are_distinguished(shared: Path) -> None:
    hu = [*(shared / "data/ct/slices/val/images").glob("*.tif"), *(shared / "data/ct/nolung/val/images").glob("*.tif")]
    grey = [*(shared / "data/ct/covid/val/images").glob("*.png")]
    for paths, kind in ((hu, Kind.HU), (grey, Kind.WINDOWED)):
        assert paths
        for path in paths:
            assert interpret(np.array(Image.open(path))[None]).kind is kind, path.name
