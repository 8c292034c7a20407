"""Axes saved in another order than the matrix says: seen from the planes, in every order, and nowhere else."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray

import pleura
from pleura.geometry import to_axial
from pleura.modality import Decision, axes
from pleura.modality.axes import axes_notes
from pleura.modality.resolve import resolve_kind
from pleura.reading.array import from_array


@pytest.fixture(scope="module")
def scan(shared: Path) -> pleura.Volume:
    return pleura.read(shared / "data/ct/volumes/val/images/imlab_id003.nii.gz")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_array_whose_slices_are_not_along_its_first_axis_is_warned_of(
    scan: pleura.Volume, order: tuple[int, int, int]
) -> None:
    turned = to_axial(scan.voxels, scan.affine).transpose(order)
    found = [note.code for note in resolve_kind(from_array(turned))[1]]
    assert found == ([] if order[0] == 0 else ["axes-doubtful"])


@pytest.mark.slow
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


@pytest.mark.parametrize(
    ("axial_looking", "warned"),
    [
        ({(40, 60)}, True),  # the coronal planes alone
        ({(40, 60), (50, 60)}, False),  # the stated slices too
        ({(40, 60), (40, 50)}, False),  # the sagittal ones too: nothing speaks for either
    ],
)
def test_warning_needs_one_axis_that_looks_axial_where_the_stated_one_does_not(
    axial_looking: set[tuple[int, int]], warned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decide(plane: NDArray[np.uint8]) -> Decision:
        return Decision("ct" if plane.shape in axial_looking else "other", 1.0, True, "ct")

    monkeypatch.setattr(axes, "decide", decide)
    assert bool(axes_notes(np.zeros((40, 50, 60), np.int16), hu=True)) is warned


@pytest.mark.parametrize(("columns", "warned"), [(32, True), (31, False)])
def test_planes_of_less_than_32_voxels_across_are_not_looked_at(
    columns: int, warned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decide(plane: NDArray[np.uint8]) -> Decision:
        return Decision("ct" if plane.shape == (40, columns) else "other", 1.0, True, "ct")

    monkeypatch.setattr(axes, "decide", decide)
    assert bool(axes_notes(np.zeros((40, 50, columns), np.int16), hu=True)) is warned
