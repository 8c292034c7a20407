"""A mask is brought onto its image, and each picture is taken for what it shows."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from data_layouts import PHANTOM, manifest, nifti, real_pictures

from pleura.preparation import prepare
from pleura.preparation.convert import identify
from pleura.preparation.pair import Pair, Refusal


def test_mask_turned_another_way_than_its_scan_is_brought_onto_it(tmp_path: Path) -> None:
    nifti(tmp_path / "in" / "images" / "a.nii.gz", PHANTOM.volume.voxels)
    flipped = np.diag([6.0, -6.0, 20.0, 1.0])
    flipped[0, 3] = -6.0 * 63  # the last column, stored first
    nifti(tmp_path / "in" / "masks" / "a.nii.gz", PHANTOM.labels[:, :, ::-1], flipped)
    prepare(tmp_path / "in", tmp_path / "out")
    record = manifest(tmp_path / "out")[0]
    image, mask = (nib.load(tmp_path / "out" / record[name]) for name in ("image", "mask"))  # type: ignore[attr-defined]
    assert np.allclose(image.affine, mask.affine)
    inside = np.asanyarray(image.dataobj)[np.asanyarray(mask.dataobj) > 0]
    assert inside.mean() < -600  # lung, not what lies opposite to it


def test_pictures_without_header_are_looked_at(shared: Path, tmp_path: Path) -> None:
    real_pictures(shared, tmp_path / "in", ["cxr/heart-excluded", "cxr/heart-included"])
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert [record["kind"] for record in manifest(tmp_path / "out")] == ["radiograph", "radiograph"]
    assert "mixed-kinds" not in {note.code for note in report.notes}


def test_file_that_may_not_be_read_is_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pleura.preparation.convert.file_hash", refuse)
    found = identify(Pair("a", tmp_path / "a.png", None, files=(tmp_path / "a.png",)))
    assert isinstance(found, Refusal)
    assert found.code == "no-permission"
