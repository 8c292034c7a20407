"""The slices of a stack in one array, those that are missing filled between their neighbours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest, codes, save_all, series

import pleura


def test_missing_slices_are_filled_at_their_true_places(tmp_path: Path) -> None:
    hu = chest((20, 64, 64))
    slices = series(hu)
    volume = pleura.read(save_all([s for k, s in enumerate(slices) if k not in {7, 12, 13}], tmp_path))
    assert volume.shape == (20, 64, 64)
    assert volume.spacing == pytest.approx((5, 5, 5))
    there = [k for k in range(20) if k not in {7, 12, 13}]
    np.testing.assert_array_equal(volume.voxels[there], hu[there])
    np.testing.assert_array_equal(volume.voxels[7], np.rint((hu[6].astype(float) + hu[8]) / 2))
    np.testing.assert_allclose(volume.voxels[12], hu[11] + (hu[14] - hu[11]) / 3, atol=0.51)
    assert [k for k, uid in enumerate(volume.identity.instance_uids) if not uid] == [7, 12, 13]
    (note,) = [note for note in volume.notes if note.code == "missing-slices"]
    assert note.message.startswith("3 missing slices")


def test_a_slice_without_pixels_counts_as_missing(tmp_path: Path) -> None:
    hu = chest()
    slices = series(hu)
    del slices[9].PixelData
    volume = pleura.read(save_all(slices, tmp_path))
    assert codes(volume) == {"series-chosen", "missing-slices"}
    np.testing.assert_array_equal(np.delete(volume.voxels, 9, axis=0), np.delete(hu, 9, axis=0))
