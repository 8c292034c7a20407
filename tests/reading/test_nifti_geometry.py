"""Where the voxels of NIfTI lie: sform and qform that disagree, signs, units, and sides that are none."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from dicom_files import chest
from nifti_files import HU, RAS, save
from numpy.typing import NDArray
from read_files import edited, error_code

import pleura
from pleura.geometry import swap_lps_ras


def codes(path: Path) -> set[str]:
    return {note.code for note in pleura.read(path).notes}


def with_forms(path: Path, sform: NDArray[np.float64], qform: NDArray[np.float64], codes: tuple[int, int]) -> Path:
    image = nib.Nifti1Image(HU, None)
    image.set_qform(qform, codes[1])
    image.set_sform(sform, codes[0])
    nib.save(image, path)
    return path


def test_an_orientation_that_is_not_stated_is_noted(tmp_path: Path) -> None:
    image = nib.Nifti1Image(chest().transpose(2, 1, 0), None)
    nib.save(image, tmp_path / "lost.nii")
    assert "orientation-unknown" in codes(tmp_path / "lost.nii")


@pytest.mark.parametrize("sign", [0.0, 0.5, 1.0])
def test_a_sign_of_0_counts_as_1(tmp_path: Path, sign: float) -> None:
    path = with_forms(tmp_path / "scan.nii", np.eye(4), np.diag([5.0, 5.0, 5.0, 1.0]), (0, 1))
    volume = pleura.read(edited(path, 76, np.float32(sign).tobytes()))
    np.testing.assert_allclose(volume.affine[:3, :3], [[0, 0, -5], [0, -5, 0], [5, 0, 0]], atol=1e-6)


@pytest.mark.parametrize("rows", [np.zeros(12), np.full(12, np.nan), np.tile([1.0, 0, 0, 0], 3)])
def test_the_qform_is_followed_where_the_sform_is_unusable(tmp_path: Path, rows: NDArray[np.float64]) -> None:
    path = with_forms(tmp_path / "scan.nii", RAS, RAS, (1, 1))
    volume = pleura.read(edited(path, 280, rows.astype(np.float32).tobytes()))
    np.testing.assert_allclose(volume.affine, swap_lps_ras(RAS), atol=1e-4)
    assert "sform-unusable" in {note.code for note in volume.notes}
    edited(path, 252, bytes(2))  # nor a qform
    assert "orientation-unknown" in codes(path)


def test_forms_that_disagree_are_noted_and_the_mask_keeps_both(tmp_path: Path) -> None:
    mirrored = RAS @ np.diag([-1.0, 1.0, 1.0, 1.0])
    path = with_forms(tmp_path / "scan.nii.gz", RAS, mirrored, (4, 2))
    volume = pleura.read(path)
    (note,) = (note for note in volume.notes if note.code == "forms-disagree")
    assert "the sform was followed" in note.message
    np.testing.assert_allclose(volume.affine, swap_lps_ras(RAS), atol=1e-4)
    labels = np.zeros(volume.shape, np.uint8)
    pleura.Segmentation(labels, volume).write(tmp_path / "mask.nii.gz")
    source, mask = (nib.load(each) for each in (path, tmp_path / "mask.nii.gz"))
    for form in ("get_sform", "get_qform"):
        (matrix, code), (kept, kept_code) = (getattr(each, form)(coded=True) for each in (source, mask))
        assert code == kept_code
        np.testing.assert_allclose(matrix, kept, atol=1e-4)


def test_forms_that_agree_but_for_rounding_are_not_noted(tmp_path: Path) -> None:
    turned = RAS.copy()
    turned[:3, :3] = RAS[:3, :3] @ np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
    assert "forms-disagree" not in codes(with_forms(tmp_path / "scan.nii", turned, turned, (1, 1)))


@pytest.mark.parametrize(
    ("stated", "numbers", "noted"),
    [
        (1, 1.0, True),
        (3, 1.0, True),
        (0, 0.001, True),
        (0, 1000.0, True),
        (2, 1.0, False),
        (1, 0.001, False),
        (3, 1000.0, False),
    ],
)
def test_the_unit_is_judged_by_the_size_of_a_body(tmp_path: Path, stated: int, numbers: float, noted: bool) -> None:
    image = nib.Nifti1Image(HU, np.diag([numbers, numbers, numbers, 1.0]) @ RAS)
    image.header["xyzt_units"] = stated
    nib.save(image, tmp_path / "scan.nii")
    volume = pleura.read(tmp_path / "scan.nii")
    np.testing.assert_allclose(volume.affine, swap_lps_ras(RAS), rtol=1e-5)
    assert ("units-doubtful" in {note.code for note in volume.notes}) == noted


@pytest.mark.parametrize("side", [0.0, np.nan, np.inf])
def test_a_side_of_voxels_that_is_none_is_not_taken_for_a_millimetre(tmp_path: Path, side: float) -> None:
    path = save(chest().transpose(2, 1, 0), tmp_path / "a.nii")
    raw = bytearray(path.read_bytes())
    raw[252:256] = b"\1\0\0\0"
    raw[84:88] = np.float32(side).tobytes()
    path.write_bytes(raw)
    assert error_code(path) == "bad-spacing"
