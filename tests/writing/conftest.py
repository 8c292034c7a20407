"""A small mask on any grid, with something to tell apart in every direction."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pleura.geometry import affine_from_spacing
from pleura.segmentation import Segmentation
from pleura.volume import Affine, Identity, Note, Volume

SHAPE = (3, 4, 5)


@pytest.fixture
def labels() -> np.ndarray:
    """Return (3, 4, 5) labels that look different from every side."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[0, 1, 1:3] = 1
    labels[1, 1:3, 1] = 1
    labels[2, 3, 3:] = 2
    return labels


@pytest.fixture
def segmented(labels: np.ndarray) -> Callable[[Affine], Segmentation]:
    """Return a function that puts the labels on a grid."""

    def on(affine: Affine) -> Segmentation:
        return Segmentation(labels, Volume(np.zeros(SHAPE, np.int16), affine))

    return on


@pytest.fixture
def plain(labels: np.ndarray) -> Segmentation:
    """Return the labels on an axial grid of 5 x 2 x 1 mm, so that a voxel holds 10 cubic millimetres."""
    volume = Volume(
        np.zeros(SHAPE, np.int16),
        affine_from_spacing((5.0, 2.0, 1.0)),
        identity=Identity(format="dicom", sha256="ab", series_uid="1.2.3"),
        notes=(Note("hu-offset-corrected", "values were shifted by -1024"),),
    )
    warnings = (Note("cropped", "the lungs reach the edge of the scan"),)
    return Segmentation(labels, volume, warnings, {"read": 0.5}, {"model": {"name": "test"}})
