"""New grids average what they cannot show; what a crop leaves of a mask is counted on the old grid, to the voxel."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.geometry import affine_from_spacing
from pleura.preparation.sampling import plan_sampling
from pleura.preparation.settings import Settings
from pleura.volume import Kind, Volume


@pytest.mark.parametrize(
    ("columns", "spacing", "expected"),
    [(40, None, 0.0), (24, None, 0.0), (20, None, 0.2), (48, (1.0, 1.0, 5.0), 0.0), (40, (1.0, 1.0, 5.0), 0.2)],
)
def test_share_of_the_mask_beyond_the_crop(
    columns: int, spacing: tuple[float, float, float] | None, expected: float
) -> None:
    # columns 8 to 17 of 2 mm are marked; the middle 20 of 40 are 10 to 29, which leaves out two of ten
    volume = Volume(np.zeros((3, 40, 40), np.int16), affine_from_spacing((5.0, 2.0, 2.0)), kind=Kind.HU)
    labels = np.zeros(volume.shape, np.uint8)
    labels[1, 10:30, 8:18] = 1
    sampling = plan_sampling(volume, Settings(size=(40 if spacing is None else 80, columns), spacing=spacing))
    assert sampling.cropped(labels) == pytest.approx(expected)
    assert sampling.cropped(np.zeros_like(labels)) == 0


def test_a_coarser_grid_averages_the_image_and_takes_the_nearest_label() -> None:
    # a step of four falls between two dark columns; of what it covers, half is bright
    stripes = np.tile(np.array([100, 0, 0, 100], np.int16), (1, 8, 6))
    volume = Volume(stripes, affine_from_spacing((5.0, 1.0, 1.0)), kind=Kind.HU)
    sampling = plan_sampling(volume, Settings(spacing=(4.0, 4.0, 5.0)))
    image = sampling.image(stripes, outside=-1024)
    assert image.shape == (1, 2, 6)
    np.testing.assert_allclose(image[:, :, 1:-1], 50.0, atol=1e-4)
    assert set(np.unique(sampling.labels((stripes > 0).astype(np.uint8)))) <= {0, 1}


def test_the_grid_itself_is_sampled_to_the_same_values() -> None:
    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    volume = Volume(values, affine_from_spacing((5.0, 2.0, 2.0)), kind=Kind.HU)
    np.testing.assert_array_equal(plan_sampling(volume, Settings()).image(values, outside=-1024), values)
