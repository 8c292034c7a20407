"""Our metrics beside independent ones, on two balls that overlap, with slices thicker than pixels."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.evaluation import dice, hd95, iou

SPACING = (2.5, 0.7, 0.7)


def ball(centre: tuple[float, float, float], radius: float) -> np.ndarray:
    grid = np.meshgrid(*(np.arange(n) * step for n, step in zip((20, 72, 72), SPACING, strict=True)), indexing="ij")
    return sum((axis - middle) ** 2 for axis, middle in zip(grid, centre, strict=True)) < radius**2


REFERENCE, PREDICTION = ball((25, 25, 25), 20), ball((26, 26, 24), 19)


def test_dice_iou_and_hd95_equal_simpleitk() -> None:
    sitk = pytest.importorskip("SimpleITK")
    images = [sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in (REFERENCE, PREDICTION)]
    for image in images:
        image.SetSpacing(SPACING[::-1])
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(*images)
    assert dice(REFERENCE, PREDICTION) == pytest.approx(overlap.GetDiceCoefficient())
    assert iou(REFERENCE, PREDICTION) == pytest.approx(overlap.GetJaccardCoefficient())

    surfaces = [sitk.LabelContour(image, fullyConnected=False) for image in images]
    distances = [np.abs(sitk.GetArrayFromImage(sitk.SignedMaurerDistanceMap(s, False, False, True))) for s in surfaces]
    a, b = (sitk.GetArrayFromImage(surface) == 1 for surface in surfaces)
    expected = max(np.percentile(distances[1][a], 95), np.percentile(distances[0][b], 95))
    assert hd95(REFERENCE, PREDICTION, SPACING) == pytest.approx(expected, rel=1e-5)


@pytest.mark.filterwarnings("ignore:Please import:DeprecationWarning")  # surface-distance 0.1 with SciPy 1.17
def test_dice_equals_surface_distance_and_hd95_is_within_a_pixel_of_it() -> None:
    surface_distance = pytest.importorskip("surface_distance")
    assert dice(REFERENCE, PREDICTION) == pytest.approx(
        surface_distance.compute_dice_coefficient(REFERENCE, PREDICTION)
    )
    distances = surface_distance.compute_surface_distances(REFERENCE, PREDICTION, SPACING)
    weighted_by_area = surface_distance.compute_robust_hausdorff(distances, 95)
    assert hd95(REFERENCE, PREDICTION, SPACING) == pytest.approx(weighted_by_area, abs=0.7)
