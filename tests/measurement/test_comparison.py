"""What changed is the second less the first; limits stand beside what their sources state; what differs is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pleura.errors import InvalidOption
from pleura.measurement import Measurements, measure
from pleura.measurement.comparison import Comparison, compare
from pleura.volume import Acquisition, Kind, Volume

AFFINE = np.diag([1.0, 1.0, 1.0, 1.0])[[2, 1, 0, 3]] * 10.0
AFFINE[3, 3] = 1.0
"""Voxels of a cubic centimetre: a millilitre each."""


SOUND = Acquisition(kernel="B30f", contrast=False, slice_thickness_mm=1.0)
"""Of a scan whose numbers nothing limits."""


def scan(hu: int, acquisition: Acquisition = SOUND) -> Volume:
    return Volume(np.full((8, 10, 20), hu, np.int16), AFFINE, acquisition=acquisition)


def measured(volume: Volume, slices: int = 6) -> Measurements:
    """Return what lungs of 6 x 4 pixels in so many slices measure: 24 mL a slice and lung."""
    labels = np.zeros(volume.shape, np.uint8)
    labels[1 : 1 + slices, 2:8, 3:7] = 1
    labels[1 : 1 + slices, 2:8, 12:16] = 2
    return measure(labels, volume)


def change(found: Comparison, structure: str, key: str):
    (one,) = [one for one in found.changes if (one.structure, one.figure.key) == (structure, key)]
    return one


@pytest.fixture
def found() -> Comparison:
    first, second = scan(-850), scan(-800)
    return compare(measured(first), measured(second, slices=5), first, second)


def test_change_is_the_second_less_the_first(found: Comparison) -> None:
    volume = change(found, "right lung", "volume_ml")
    # 6 slices of 24 mL, then 5
    assert (volume.first, volume.second, volume.difference) == pytest.approx((144.0, 120.0, -24.0))
    assert volume.percent == pytest.approx(-100 / 6)
    assert change(found, "both lungs", "mean_hu").difference == pytest.approx(50.0)


def test_units_without_a_zero_have_no_percentage(found: Comparison) -> None:
    assert change(found, "both lungs", "mean_hu").percent is None
    assert change(found, "both lungs", "laa_le_950_percent").percent is None


def test_limits_stand_beside_both_lungs_alone(found: Comparison) -> None:
    both, right = (change(found, name, "volume_ml") for name in ("both lungs", "right lung"))
    assert (both.week_apart, right.week_apart) == (169.0, None)
    assert change(found, "both lungs", "perc15_at_6_l_g_per_l").months_apart_percent == (-14.7, 17.3)


def test_both_lungs_come_first(found: Comparison) -> None:
    assert list(dict.fromkeys(one.structure for one in found.changes)) == ["both lungs", "right lung", "left lung"]


@pytest.mark.parametrize(
    ("code", "first", "second"),
    [
        ("kernels-differ", replace(SOUND, kernel="B30f"), replace(SOUND, kernel="B31f")),
        ("contrast-differs", replace(SOUND, contrast=None), SOUND),
        ("thickness-differs", replace(SOUND, slice_thickness_mm=0.6), SOUND),
    ],
)
def test_what_differs_in_the_making_is_said(code: str, first: Acquisition, second: Acquisition) -> None:
    one, other = scan(-850, first), scan(-850, second)
    (warning,) = compare(measured(one), measured(other), one, other).warnings
    assert (warning.code, warning.scan) == (code, "both")
    assert compare(measured(one), measured(one), one, one).warnings == ()


def test_breath_of_one_scan_alone_is_said_with_the_scan() -> None:
    one, other = scan(-850, replace(SOUND, expiration=True)), scan(-850)
    found = compare(measured(one), measured(other), one, other)
    assert [(note.code, note.scan) for note in found.warnings] == [
        ("expiration-suspected", "first"),
        ("breath-differs", "both"),
    ]


def test_lungs_that_are_cut_off_in_one_scan_are_said_beside_the_volume() -> None:
    volume = scan(-850)
    found = compare(measured(volume, slices=7), measured(volume), volume, volume)
    (warning,) = found.warnings
    assert (warning.code, warning.scan) == ("lungs-incomplete", "first")
    assert warning.message.startswith("first: the lungs are not whole (they reach the highest slice)")
    assert found.limits_of("volume_ml") == (1,)
    assert found.data()["warnings"][0]["scan"] == "first"


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("contrast-agent", replace(SOUND, contrast=True)),
        ("sharp-kernel", replace(SOUND, kernel="B70f")),
        ("kernel-unknown", replace(SOUND, kernel="")),
        ("thick-slices", replace(SOUND, slice_thickness_mm=5.0)),
    ],
)
def test_what_limits_both_scans_is_said_once(code: str, made: Acquisition) -> None:
    one, other = scan(-850, made), scan(-800, made)
    assert [(note.code, note.scan) for note in compare(measured(one), measured(other), one, other).warnings] == [
        (code, "both")
    ]


def test_where_no_thickness_is_stated_the_distance_of_slices_is_compared() -> None:
    one, other = scan(-850), scan(-850, replace(SOUND, slice_thickness_mm=None))
    found = compare(measured(one), measured(other), one, other)
    # 10 mm between the slices of the second
    assert [(note.code, note.scan) for note in found.warnings] == [
        ("thick-slices", "second"),
        ("thickness-differs", "both"),
    ]
    assert "1 and 10 mm" in found.warnings[1].message


def test_ct_and_radiograph_have_nothing_to_compare() -> None:
    ct = scan(-850)
    radiograph = Volume(np.full((1, 10, 20), 200, np.uint8), AFFINE, kind=Kind.RADIOGRAPH, is_picture=True)
    labels = np.zeros((10, 20), np.uint8)
    labels[2:8, 3:7], labels[2:8, 12:16] = 1, 2
    with pytest.raises(InvalidOption, match="the first is a CT, the second a radiograph") as raised:
        compare(measured(ct), measure(labels, radiograph), ct, radiograph)
    assert raised.value.code == "nothing-to-compare"


def test_of_grey_values_sizes_alone_are_compared() -> None:
    one, other = scan(-850), replace(scan(-850), kind=Kind.WINDOWED)
    found = compare(measured(one), measured(other), one, other)
    assert [note.code for note in found.warnings] == ["density-unknown", "kinds-differ"]
    assert {one.figure.key for one in found.changes} == {"volume_ml"}


def test_radiographs_are_compared_by_areas_and_heights() -> None:
    volume = Volume(np.full((1, 10, 20), 200, np.uint8), AFFINE, kind=Kind.RADIOGRAPH, is_picture=True)
    labels = np.zeros((10, 20), np.uint8)
    labels[2:8, 3:7] = 1
    labels[2:6, 12:16] = 2
    longer = labels.copy()
    longer[2:9, 3:7] = 1
    found = compare(measure(labels, volume), measure(longer, volume), volume, volume)
    # a pixel is a square centimetre: 24 and 28 of them; 6 and 7 rows of a centimetre
    assert change(found, "right lung", "area_cm2").difference == pytest.approx(4.0)
    assert change(found, "right lung", "height_cm").difference == pytest.approx(1.0)


def test_mask_of_low_quality_is_named_by_the_scan_that_it_is_of() -> None:
    volume = scan(-850)
    labels = np.zeros(volume.shape, np.uint8)
    labels[1:7, 2:8, 3:7], labels[1:7, 2:8, 12:16] = 1, 2
    poor = measure(labels, volume, stated={"verdict-check"})
    (warning,) = compare(measured(volume), poor, volume, volume).warnings
    assert (warning.code, warning.scan, warning.message[:16]) == ("low-quality", "second", "second: the mask")
