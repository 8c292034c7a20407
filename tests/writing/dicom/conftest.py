"""A scan read from DICOM files, and a mask of it with something to distinguish in every direction."""

from __future__ import annotations

import numpy as np
import pytest
from dicom_files import chest, save_all, series

from pleura.reading import read
from pleura.segmentation import Segmentation
from pleura.volume import Volume

MODEL = {"name": "chest-ct", "version": "1.0", "sha256": "5" * 64}


def mask_of(volume: Volume) -> Segmentation:
    """Return a right lung with a hole and a left one, in all but the first and the last slices."""
    labels = np.zeros(volume.shape, np.uint8)
    labels[1:-2, 10:30, 5:20] = 1
    labels[2:-2, 14:18, 9:12] = 0
    labels[3:-1, 12:40, 40:55] = 2
    return Segmentation(labels, volume, provenance={"model": MODEL})


@pytest.fixture(scope="session")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    """Return a CT of 24 slices 5 mm apart, in a study of a patient with a name."""
    return read(save_all(series(chest()), tmp_path_factory.mktemp("scan")))


@pytest.fixture
def segmented(scan: Volume) -> Segmentation:
    """Return the mask of that scan."""
    return mask_of(scan)
