"""Our metrics beside independent ones: on two balls with slices thicker than pixels, and on real masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pleura.evaluation import assd, dice, hd95, iou, precision, recall, surface_dice

SPACING = (2.5, 0.7, 0.7)


def ball(centre: tuple[float, float, float], radius: float) -> np.ndarray:
    grid = np.meshgrid(*(np.arange(n) * step for n, step in zip((20, 72, 72), SPACING, strict=True)), indexing="ij")
    return sum((axis - middle) ** 2 for axis, middle in zip(grid, centre, strict=True)) < radius**2


BALLS = ball((25, 25, 25), 20), ball((26, 26, 24), 19), SPACING


def real(shared: Path) -> tuple[np.ndarray, np.ndarray, tuple[float, float, float]]:
    """Return a lung mask of a real scan, and itself moved by a slice and shrunk in places."""
    nibabel = pytest.importorskip("nibabel")
    image = nibabel.load(next((shared / "data" / "ct" / "volumes" / "val" / "masks").glob("*.nii.gz")))
    mask = np.asanyarray(image.dataobj).T > 0
    other = np.roll(mask, 1, axis=0) & np.roll(mask, 2, axis=2)
    x, y, z = (float(step) for step in image.header.get_zooms()[:3])
    return mask, other, (z, y, x)


@pytest.fixture(params=["balls", "lungs"])
def masks(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray, tuple[float, float, float]]:
    return BALLS if request.param == "balls" else real(request.getfixturevalue("shared"))


def test_overlap_equals_simpleitk(masks) -> None:
    sitk = pytest.importorskip("SimpleITK")
    a, b, spacing = masks
    images = [sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in (a, b)]
    for image in images:
        image.SetSpacing(spacing[::-1])
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(images[1], images[0])  # the prediction, then the reference
    assert dice(a, b) == pytest.approx(overlap.GetDiceCoefficient())
    assert iou(a, b) == pytest.approx(overlap.GetJaccardCoefficient())
    assert 1 - precision(a, b) == pytest.approx(overlap.GetFalseDiscoveryRate())
    assert 1 - recall(a, b) == pytest.approx(overlap.GetFalseNegativeError())


@pytest.mark.filterwarnings("ignore:Please import:DeprecationWarning")  # surface-distance 0.1 with SciPy 1.17
def test_distances_equal_surface_distance(masks) -> None:
    peer = pytest.importorskip("surface_distance")
    a, b, spacing = masks
    distances = peer.compute_surface_distances(a, b, spacing)
    assert hd95(a, b, spacing) == pytest.approx(peer.compute_robust_hausdorff(distances, 95))
    for tolerance in (1.0, 2.0, 3.0):
        assert surface_dice(a, b, spacing, tolerance) == pytest.approx(
            peer.compute_surface_dice_at_tolerance(distances, tolerance)
        )
    to_b, to_a = peer.compute_average_surface_distance(distances)
    areas = distances["surfel_areas_gt"].sum(), distances["surfel_areas_pred"].sum()
    assert assd(a, b, spacing) == pytest.approx((to_b * areas[0] + to_a * areas[1]) / sum(areas))


def test_distances_are_near_those_of_voxel_surfaces_in_simpleitk(masks) -> None:
    """Its surface is made of voxels, not of what lies between them: half a voxel apart at most."""
    sitk = pytest.importorskip("SimpleITK")
    a, b, spacing = masks
    images = [sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in (a, b)]
    for image in images:
        image.SetSpacing(spacing[::-1])
    surfaces = [sitk.LabelContour(image, fullyConnected=False) for image in images]
    distances = [np.abs(sitk.GetArrayFromImage(sitk.SignedMaurerDistanceMap(s, False, False, True))) for s in surfaces]
    voxels_a, voxels_b = (sitk.GetArrayFromImage(surface) == 1 for surface in surfaces)
    theirs = max(np.percentile(distances[1][voxels_a], 95), np.percentile(distances[0][voxels_b], 95))
    assert hd95(a, b, spacing) == pytest.approx(theirs, abs=max(spacing) / 2)
    mean = np.concatenate([distances[1][voxels_a], distances[0][voxels_b]]).mean()
    assert assd(a, b, spacing) == pytest.approx(mean, abs=max(spacing) / 2)
