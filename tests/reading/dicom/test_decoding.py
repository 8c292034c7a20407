"""Every transfer syntax gives the same values; one that is not known is named."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest, ct_slice, save, save_all, series
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)
from read_files import error_code

import pleura


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless, JPEG2000Lossless],
)
def test_every_transfer_syntax_gives_the_same_voxels(tmp_path: Path, syntax: str) -> None:
    hu = chest()
    volume = pleura.read(save_all(series(hu), tmp_path, syntax=syntax))
    np.testing.assert_array_equal(volume.voxels, hu)
    assert volume.identity.sha256 == hashlib.sha256(hu.tobytes()).hexdigest()


def test_an_unknown_transfer_syntax_is_named(tmp_path: Path) -> None:
    path = save(ct_slice(chest()[0], (0, 0, 0)), tmp_path / "one.dcm")
    path.write_bytes(path.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.8\0"))
    assert error_code(path) == "transfer-syntax"
