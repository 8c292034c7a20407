"""A number that means little says so: each condition is attached to the figures that it concerns, and to no others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pleura.geometry import affine_from_spacing
from pleura.measurement import measure
from pleura.volume import Acquisition, Note, Volume

SOUND = Acquisition("STANDARD", contrast=False, slice_thickness_mm=1.0)


def scan(acquisition: Acquisition | None = SOUND, hu: int = -860, step: float = 1.0) -> tuple[np.ndarray, Volume]:
    """Return two lungs of one value inside a body."""
    labels = np.zeros((20, 12, 16), np.uint8)
    labels[2:18, 2:10, 2:7], labels[2:18, 2:10, 9:14] = 1, 2
    voxels = np.where(labels > 0, hu, 40).astype(np.int16)
    return labels, Volume(voxels, affine_from_spacing((step, 9.0, 9.0)), acquisition=acquisition)


def codes(labels: np.ndarray, volume: Volume, **more) -> set[str]:
    return {warning.code for warning in measure(labels, volume, **more).warnings}


def test_thin_plain_scan_of_whole_lungs_has_no_warning() -> None:
    assert codes(*scan()) == set()


@pytest.mark.parametrize(
    ("acquisition", "code", "concerned", "spared"),
    [
        (replace(SOUND, contrast=True), "contrast-agent", "mean_hu", "volume_ml"),
        (replace(SOUND, kernel="B70f"), "sharp-kernel", "laa_le_950_percent", "mean_hu"),
        (replace(SOUND, kernel="FC51"), "sharp-kernel", "perc15_at_6_l_g_per_l", "mass_g"),
        (replace(SOUND, kernel="SA36"), "kernel-unknown", "perc15_hu", "median_hu"),
        (replace(SOUND, slice_thickness_mm=1.5), "thick-slices", "clusters", "mean_hu"),
        (replace(SOUND, expiration=True), "expiration-suspected", "volume_ml", "volume_asymmetry_percent"),
    ],
)
def test_making_of_the_scan_limits_what_depends_on_it(
    acquisition: Acquisition, code: str, concerned: str, spared: str
) -> None:
    found = measure(*scan(acquisition))
    assert {warning.code for warning in found.warnings} == {code}
    assert [warning.code for warning in found.warnings_of(concerned)] == [code]
    assert found.warnings_of(spared) == ()


def test_file_that_says_nothing_of_its_making_is_not_taken_for_a_sound_one() -> None:
    assert codes(*scan(None)) == {"kernel-unknown", "contrast-unknown"}
    assert codes(*scan(None, step=2.5)) == {"kernel-unknown", "contrast-unknown", "thick-slices"}


def test_slices_of_1_25_mm_are_thin() -> None:
    assert codes(*scan(replace(SOUND, slice_thickness_mm=1.25))) == set()


def test_dense_lungs_may_be_breathed_out() -> None:
    assert codes(*scan(hu=-700)) == {"expiration-suspected"}
    assert codes(*scan(hu=-760)) == set()


@pytest.mark.parametrize("end", [0, -1])
def test_lungs_at_the_end_of_the_scan_are_not_whole(end: int) -> None:
    labels, volume = scan()
    labels[end, 5, 5] = 1
    found = measure(labels, volume)
    assert [warning.code for warning in found.warnings_of("volume_ml")] == ["lungs-incomplete"]
    assert ("lowest" if end == 0 else "highest") in found.warnings[0].message
    assert found.warnings_of("mean_hu") == ()


def test_lungs_at_a_side_of_the_field_of_view_are_not_whole() -> None:
    labels, volume = scan()
    labels[2:5, 2:10, 0] = 1  # 24 voxels of 9 mm²: 2.2 cm²
    assert codes(labels, volume) == {"lungs-incomplete"}
    labels[4, :, 0] = 0  # 1.4 cm²
    assert codes(labels, volume) == set()


def test_lung_that_is_missing_is_named() -> None:
    labels, volume = scan()
    (warning,) = measure(np.where(labels == 1, labels, 0), volume).warnings
    assert (warning.code, "no left lung is marked" in warning.message) == ("lungs-incomplete", True)


@pytest.mark.parametrize(
    ("note", "code"),
    [
        ("short-coverage", "lungs-incomplete"),
        ("sparse-slices", "slices-sparse"),
        ("hu-doubtful", "density-uncertain"),
        ("lossy-compression", "density-compressed"),
        ("orientation-unknown", "orientation-unknown"),
    ],
)
def test_what_the_reader_noted_is_attached(note: str, code: str) -> None:
    labels, volume = scan()
    assert codes(labels, replace(volume, notes=(Note(note, "..."),))) == {code}


def test_warnings_of_the_segmentation_count_too() -> None:
    assert codes(*scan(), stated={"cut-off"}) == {"lungs-incomplete"}


@pytest.mark.parametrize(("verdict", "words"), [("reject", "mean nothing"), ("check", "looked at before it is used")])
def test_numbers_of_a_mask_that_is_not_good_say_so(verdict: str, words: str) -> None:
    labels, volume = scan()
    found = measure(labels, volume, stated={f"verdict-{verdict}"})
    for key in ("volume_ml", "mean_hu", "clusters", "dorsal_half_by_depth", "mean_difference_hu"):
        assert [warning.code for warning in found.warnings_of(key)] == ["low-quality"]
    assert words in found.warnings[0].message
    assert codes(labels, volume, stated={"verdict-good"}) == set()
