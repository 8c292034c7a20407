"""What a crop leaves of a mask is counted on the old grid, to the voxel."""

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
