"""Voxels come into memory in no more bits than a scan or a mask needs."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from pleura.reading.labelmap import read_label_map
from pleura.reading.limits import check_size
from pleura.reading.voxel_stream import kept_type


@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<i8", ">u8"])
def test_64_bits_are_kept_in_32(tmp_path: Path, dtype: str) -> None:
    values = np.arange(4 * 40 * 40).reshape(40, 40, 4).astype(dtype)
    values[0, 0, 0] = np.iinfo(np.int64).max
    image = nib.Nifti1Image(values, np.eye(4), dtype=dtype)
    nib.save(image, tmp_path / "labels.nii.gz")
    found = read_label_map(tmp_path / "labels.nii.gz").voxels
    assert found.dtype == np.dtype(f"{np.dtype(dtype).kind}4")
    np.testing.assert_array_equal(found.T.ravel()[1:], values.ravel()[1:])
    assert found[0, 0, 0] >= 2**31 - 1


def test_mask_in_64_bits_of_600_slices_is_not_too_large() -> None:
    check_size((600, 512, 512), kept_type(np.dtype("f8")).itemsize, stored=500_000)
