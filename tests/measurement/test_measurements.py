"""What is measured of a scan is what was drawn into it, the same whichever way the scan lies."""

from __future__ import annotations

import json
import math
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from orientations import ORIENTATIONS, affine_of

from pleura.geometry import affine_from_spacing, from_axial
from pleura.labels import LUNGS, structures
from pleura.measurement import measure
from pleura.measurement.measurements import BOTH_LUNGS
from pleura.phantom import chest
from pleura.volume import Kind, Volume

SPACING = (2.0, 1.0, 1.0)
RIGHT_MM, LEFT_MM = (100.0, 70.0, 45.0), (95.0, 65.0, 40.0)
"""Half axes (z, y, x) of two ellipsoids."""


@pytest.fixture(scope="module")
def ellipsoids() -> tuple[np.ndarray, Volume]:
    """Return two lungs in tissue: -860 HU in the middle of the depth, 0.5 HU denser a millimetre towards the back."""
    shape = (110, 150, 200)
    z, y, x = (np.arange(n) * step - (n - 1) * step / 2 for n, step in zip(shape, SPACING, strict=True))
    labels = np.zeros(shape, np.uint8)
    for value, centre, (a, b, c) in ((1, -50.0, RIGHT_MM), (2, 50.0, LEFT_MM)):
        inside = (z[:, None, None] / a) ** 2 + (y[:, None] / b) ** 2 + ((x - centre) / c) ** 2 < 1
        labels[inside] = value
    hu = np.where(labels > 0, np.rint(-860 + 0.5 * y)[:, None], 40).astype(np.int16)
    return labels, Volume(hu, affine_from_spacing(SPACING))


def test_volume_density_and_mass_of_ellipsoids_are_those_of_the_formulas(ellipsoids: tuple[np.ndarray, Volume]) -> None:
    found = measure(*ellipsoids)
    for name, (a, b, c) in (("right lung", RIGHT_MM), ("left lung", LEFT_MM)):
        whole = found.region(name)
        millilitres = 4 / 3 * math.pi * a * b * c / 1000
        assert whole.volume_ml == pytest.approx(millilitres, rel=0.005)
        assert whole.mass_g == pytest.approx(0.14 * millilitres, rel=0.005)
        # depths of an ellipsoid have a variance of b² / 5
        assert (whole.density.mean_hu, whole.density.sd_hu) == pytest.approx((-860, 0.5 * b / math.sqrt(5)), rel=0.005)
        # 15 % of a ball lies beyond the depth t with t³ - 3t + 1.4 = 0: t = 0.5271 half axes
        assert whole.density.perc15_hu == pytest.approx(-860 - 0.5 * 0.5271 * b, rel=0.005)
        # the mean depth of half a ball is 3/8 of its half axis
        halves = [found.region(name, f"{side}_half_by_depth").density.mean_hu for side in ("ventral", "dorsal")]
        assert halves == pytest.approx([-860 - 0.5 * 3 / 8 * b, -860 + 0.5 * 3 / 8 * b], rel=0.005)
        # the outer third of the height of a ball holds 7/27 of it, the middle one 13/27
        upper, middle = (found.region(name, f"{third}_third_by_height").volume_ml for third in ("upper", "middle"))
        assert (upper, middle) == pytest.approx((7 / 27 * millilitres, 13 / 27 * millilitres), rel=0.03)
    right, left = 100 * 70 * 45, 95 * 65 * 40
    assert found.asymmetry.volume_asymmetry_percent == pytest.approx(100 * (right - left) / (right + left), rel=0.005)
    both = found.region(BOTH_LUNGS)
    assert both.volume_ml == pytest.approx(4 / 3 * math.pi * (right + left) / 1000, rel=0.005)
    assert found.perc15_at_6_l_g_per_l == (both.density.perc15_hu + 1000) * both.volume_ml / 6000


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_parts_are_those_of_the_patient_whichever_way_the_scan_is_stored(
    axes: tuple[int, ...], signs: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(3)
    labels, hu = rng.integers(0, 3, (7, 8, 9)).astype(np.uint8), rng.integers(-1000, 50, (7, 8, 9)).astype(np.int16)
    expected = measure(labels, Volume(hu, affine_from_spacing((1, 1, 1)))).regions
    affine = affine_of(axes, signs)
    stored = Volume(np.ascontiguousarray(from_axial(hu, affine)), affine)
    found = measure(np.ascontiguousarray(from_axial(labels, affine)), stored).regions
    assert [(one.structure, one.part, one.voxels, one.density) for one in found] == [
        (one.structure, one.part, one.voxels, one.density) for one in expected
    ]
    assert found[0].volume_ml == pytest.approx(found[0].voxels * 5.0 * 0.7 * 0.9 / 1000)


def test_drawn_chest_is_measured_as_it_was_drawn() -> None:
    phantom = chest((40, 128, 128), (8.0, 3.0, 3.0))
    found = measure(phantom.labels, phantom.volume)
    for label in LUNGS:
        whole = found.region(label.name)
        inside = phantom.volume.voxels[phantom.labels == label.value]
        assert whole.voxels == inside.size
        assert whole.volume_ml == pytest.approx(inside.size * 0.072)
        assert whole.density.median_hu == np.median(inside)
        assert sum(whole.histogram.counts) == inside.size


def test_values_that_are_not_hu_have_volumes_and_no_density(ellipsoids: tuple[np.ndarray, Volume]) -> None:
    labels, volume = ellipsoids
    grey = replace(volume, voxels=np.full(volume.shape, 90, np.uint8), kind=Kind.WINDOWED)
    found = measure(labels, grey)
    whole = found.region("right lung")
    assert whole.volume_ml == measure(labels, volume).region("right lung").volume_ml
    assert (whole.density, whole.mass_g, whole.histogram, whole.clusters) == (None, None, None, None)
    assert found.perc15_at_6_l_g_per_l is None
    assert "density-unknown" in {warning.code for warning in found.warnings_of("laa_le_950_percent")}
    assert found.data()["regions"][0]["mean_hu"] is None


def test_empty_mask_has_no_figures_and_no_error(ellipsoids: tuple[np.ndarray, Volume]) -> None:
    labels, volume = ellipsoids
    found = measure(np.zeros_like(labels), volume)
    assert {(region.voxels, region.density, region.mass_g) for region in found.regions} == {(0, None, None)}
    assert (found.asymmetry, found.perc15_at_6_l_g_per_l) == (None, None)
    json.dumps(found.data(), allow_nan=False)


def test_one_lung_is_compared_with_nothing(ellipsoids: tuple[np.ndarray, Volume]) -> None:
    labels, volume = ellipsoids
    assert measure(np.where(labels == 1, labels, 0), volume).asymmetry is None


def test_lungs_of_one_value_are_measured_together_and_other_structures_whole(
    ellipsoids: tuple[np.ndarray, Volume],
) -> None:
    labels, volume = ellipsoids
    both = measure(labels, volume)
    alone = measure((labels > 0).astype(np.uint8), volume, structures(["lung"]))
    assert alone.region("lung").density == both.region(BOTH_LUNGS).density
    assert alone.perc15_at_6_l_g_per_l == both.perc15_at_6_l_g_per_l
    assert len(alone.regions) == 9
    others = measure(labels, volume, structures(["upper lobe", "heart"]))
    assert [(one.structure, one.part) for one in others.regions] == [("upper lobe", "whole"), ("heart", "whole")]


def test_single_slice_has_densities_and_no_volume(ellipsoids: tuple[np.ndarray, Volume]) -> None:
    labels, volume = ellipsoids
    found = measure(labels[55], replace(volume, voxels=volume.voxels[55:56], is_picture=True))
    assert found.region("left lung").volume_ml is None
    assert found.region("left lung").density.mean_hu == pytest.approx(-860, abs=1)
    assert {region.part for region in found.regions} == {"whole"}
    assert "lungs-incomplete" in {warning.code for warning in found.warnings_of("perc15_hu")}


def test_data_are_plain_and_flat(ellipsoids: tuple[np.ndarray, Volume]) -> None:
    data = json.loads(json.dumps(measure(*ellipsoids).data(), allow_nan=False))
    whole = data["regions"][0]
    assert (whole["structure"], whole["part"], whole["perc15_hu"]) == ("right lung", "whole", -878.0)
    assert (whole["clusters"]["count"], whole["clusters"]["connectivity"]) == (0, 4)
    assert sum(whole["histogram"]["counts"]) == whole["voxels"]
    assert data["sizes"][1]["structure"] == "left lung"


def test_values_that_are_no_whole_numbers_are_rounded_to_them(ellipsoids: tuple[np.ndarray, Volume]) -> None:
    labels, volume = ellipsoids
    moved = replace(volume, voxels=(volume.voxels - 0.4).astype(np.float32))
    assert measure(labels, moved).region("right lung") == measure(labels, volume).region("right lung")


def test_no_copy_of_the_mask_is_made() -> None:
    labels = np.zeros((64, 256, 256), np.uint8)
    labels[8:56, 60:200, 40:110], labels[8:56, 60:200, 150:220] = 1, 2
    volume = Volume(np.full(labels.shape, -850, np.int16), affine_from_spacing((5.0, 1.5, 1.5)))
    measure(labels, volume)  # what is made once stays
    tracemalloc.start()
    measure(labels, volume)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < labels.nbytes / 2
