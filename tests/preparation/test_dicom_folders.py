"""Masks that lie beside DICOM series belong to them by the names of folders."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest
from data_layouts import PHANTOM, nifti

from pleura.phantom import Phantom, chest
from pleura.phantom.dicom import write_dicom
from pleura.preparation import prepare


@cache
def drawn(name: str) -> Phantom:
    """Return a chest of which each name has another."""
    return chest(shape=(12, 64, 64), spacing=(20.0, 6.0, 6.0), seed=ord(name))


@pytest.mark.parametrize(
    ("scan", "masks"),
    [
        ("scans/{}", ("masks/{}_lungs.nii.gz",)),  # as `pleura segment scans -o masks` names them
        ("scans/{}/early/ct", ("masks/{}_lungs.nii.gz",)),
        ("scans/p/{}/ct", ("masks/p_{}_lungs.nii.gz",)),
        ("{}", ("{}_mask.nii.gz",)),
        ("{}/ct", ("{}/mask.nii.gz",)),
        ("{}", ("{}/lungs.nii.gz",)),
        ("{}/ct", ("{}/segmentations/lung_right.nii.gz", "{}/segmentations/lung_left.nii.gz")),
    ],
)
def test_masks_beside_dicom_belong_to_the_series_in_the_folder_of_their_name(
    tmp_path: Path, scan: str, masks: Sequence[str]
) -> None:
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ PHANTOM.volume.affine[:, [2, 1, 0, 3]]  # to RAS, x first
    phantoms = {scan.format(name): drawn(name) for name in "ab"}
    for name, phantom in zip("ab", phantoms.values(), strict=True):
        write_dicom(phantom, tmp_path / "in" / scan.format(name))
        for side, mask in enumerate(masks, start=1):
            marked = phantom.labels if len(masks) == 1 else (phantom.labels == side).astype(np.uint8)
            nifti(tmp_path / "in" / mask.format(name), marked, affine)
            if len(masks) > 1:
                nifti(tmp_path / "in" / name / "segmentations" / "kidney_right.nii.gz", marked, affine)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert sorted(report.sources.values()) == sorted(phantoms)
    assert not report.refused
    for case in report.cases:
        mask = np.asanyarray(nib.load(tmp_path / "out" / case.mask).dataobj)  # type: ignore[attr-defined]
        assert np.array_equal(mask.transpose(2, 1, 0), phantoms[report.sources[case.id]].labels)


@pytest.mark.parametrize("differs", ["PatientID", "TemporalPositionIdentifier"])
def test_scans_in_folders_of_their_own_that_share_a_series_uid_keep_a_mask_each(tmp_path: Path, differs: str) -> None:
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ PHANTOM.volume.affine[:, [2, 1, 0, 3]]
    phantoms = {name: drawn(name) for name in "12"}
    for name, phantom in phantoms.items():
        for path in write_dicom(phantom, tmp_path / "in" / name / "ct"):
            dataset = pydicom.dcmread(path)
            dataset.SeriesInstanceUID, dataset.StudyInstanceUID = "1.2.3", "1.2"
            setattr(dataset, differs, name)
            dataset.save_as(path)
        nifti(tmp_path / "in" / name / "lungs.nii.gz", phantom.labels, affine)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert not report.refused
    for case in report.cases:
        mask = np.asanyarray(nib.load(tmp_path / "out" / case.mask).dataobj)  # type: ignore[attr-defined]
        assert np.array_equal(mask.transpose(2, 1, 0), phantoms[report.sources[case.id][0]].labels)
    assert len(report.cases) == 2
