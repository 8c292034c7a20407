"""The planes of an enhanced multi-frame object, from its functional groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest, enhanced, save

import pleura


def test_an_enhanced_multi_frame_object_is_read_from_its_functional_groups(tmp_path: Path) -> None:
    hu = chest()
    order = [3, 0, 2, 1, *range(4, 24)]
    volume = pleura.read(save(enhanced(hu, order), tmp_path / "enhanced.dcm"))
    np.testing.assert_array_equal(volume.voxels, hu)
    assert volume.spacing == pytest.approx((5, 2, 1.5))
    assert len(volume.identity.instance_uids) == 24
