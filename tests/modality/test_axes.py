"""Axes saved in another order than the matrix says: seen from the planes, in every order, and nowhere else."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

import pleura
from pleura.modality.axes import axes_notes
from pleura.modality.shown import shown
from pleura.reading.array import from_array
from pleura.volume import to_axial


@pytest.fixture(scope="module")
def scan(shared: Path) -> pleura.Volume:
    return pleura.read(shared / "data/ct/volumes/val/images/imlab_id003.nii.gz")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_array_whose_slices_are_not_along_its_first_axis_is_warned_of(
    scan: pleura.Volume, order: tuple[int, int, int]
) -> None:
    turned = to_axial(scan.voxels, scan.affine).transpose(order)
    found = [note.code for note in shown(from_array(turned))[1]]
    assert found == ([] if order[0] == 0 else ["axes-doubtful"])


def test_z_y_x_saved_with_an_identity_matrix_is_warned_of(scan: pleura.Volume, tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(to_axial(scan.voxels, scan.affine), np.eye(4)), tmp_path / "lost.nii.gz")
    result = pleura.segment(tmp_path / "lost.nii.gz")
    assert "identity-matrix" in {note.code for note in result.volume.notes}
    assert "axes-doubtful" in {warning.code for warning in result.warnings}


def test_scans_that_lie_as_they_say_are_not_warned_of(shared: Path) -> None:
    for name in ("volumes", "nsclc_rt", "volumes_unlabelled2"):
        for path in sorted((shared / "data/ct" / name).rglob("*.nii.gz")):
            if "masks" in path.parts:
                continue
            volume = pleura.read(path)
            assert axes_notes(to_axial(volume.voxels, volume.affine), hu=True) == (), path.name
