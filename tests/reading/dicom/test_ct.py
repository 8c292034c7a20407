"""DICOM series as they come from archives: each defect gives a result with a note, or an error with a name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import ROOT, chest, codes, ct_slice, enhanced, save, save_all, series
from pydicom.dataset import Dataset
from read_files import error_code

import pleura
from pleura.errors import UnsuitableInput
from pleura.volume import Acquisition, Kind


def test_a_clean_series_is_read_voxel_for_voxel_without_a_note(tmp_path: Path) -> None:
    hu = chest()
    volume = pleura.read(save_all(series(hu), tmp_path / "scan"))
    np.testing.assert_array_equal(volume.voxels, hu)
    assert volume.voxels.dtype == np.int16
    assert volume.voxels.flags.c_contiguous
    assert volume.kind is Kind.HU
    assert not volume.is_picture
    assert volume.notes == ()
    np.testing.assert_allclose(
        volume.affine, [[0, 0, 5, -160], [0, 5, 0, -160], [5, 0, 0, -300], [0, 0, 0, 1]], atol=1e-9
    )


def test_slices_far_apart_are_said_to_be_sparse(tmp_path: Path) -> None:
    volume = pleura.read(save_all(series(chest(), step=(0, 0, 20)), tmp_path))
    assert codes(volume) == {"sparse-slices"}


def test_doubled_slices_with_equal_pixels_are_dropped(tmp_path: Path) -> None:
    hu = chest()
    again = series(hu[4:6], start=(-160, -160, -280), InstanceNumber=99)
    volume = pleura.read(save_all(series(hu) + again, tmp_path))
    np.testing.assert_array_equal(volume.voxels, hu)
    assert codes(volume) == {"doubled-slices"}


def test_doubled_slices_with_other_pixels_are_refused_by_position(tmp_path: Path) -> None:
    hu = chest()
    again = series(hu[4:5] + 3, start=(-160, -160, -280), InstanceNumber=99)
    with pytest.raises(UnsuitableInput, match=r"-160\.0, -160\.0, -280\.0 mm") as caught:
        pleura.read(save_all(series(hu) + again, tmp_path))
    assert caught.value.code == "doubled-slices"


def test_values_left_raw_are_set_back_by_1024(tmp_path: Path) -> None:
    hu = chest()
    bare = [ct_slice(hu[k], (0, 0, 5 * k), RescaleSlope=None, RescaleIntercept=None) for k in range(24)]
    volume = pleura.read(save_all(bare, tmp_path))
    np.testing.assert_array_equal(volume.voxels, hu)
    assert codes(volume) == {"hu-offset-corrected"}


def test_values_without_rescale_that_tell_nothing_are_refused_unless_the_caller_knows(tmp_path: Path) -> None:
    grey = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) % 700 + 300
    dataset = ct_slice(grey, (0, 0, 0), stored=grey, RescaleSlope=None, RescaleIntercept=None)
    path = save(dataset, tmp_path / "grey.dcm")
    assert error_code(path) == "not-hu"
    np.testing.assert_array_equal(pleura.read(path, kind=Kind.HU).voxels[0], grey)


def test_a_rescaled_series_without_air_is_read_with_a_warning(tmp_path: Path) -> None:
    tissue = np.full((24, 64, 64), 40) + np.arange(24)[:, None, None]
    assert codes(pleura.read(save_all(series(tissue), tmp_path))) == {"hu-doubtful"}


def test_a_single_slice_is_a_volume_of_one(tmp_path: Path) -> None:
    hu = chest()
    volume = pleura.read(save(ct_slice(hu[3], (-1, -2, -3)), tmp_path / "one"))
    assert volume.shape == (1, 64, 64)
    assert not volume.is_picture
    assert codes(volume) == {"short-coverage"}
    np.testing.assert_allclose(volume.affine[:3, 3], (-1, -2, -3))


def test_doubtful_headers_are_read_with_notes(tmp_path: Path) -> None:
    odd = series(chest(), Modality=None, LossyImageCompression="01", BodyPartExamined="ABDOMEN")
    assert codes(pleura.read(save_all(odd, tmp_path))) == {"modality-missing", "lossy-compression", "other-body-part"}


def test_identity_names_series_and_slices_in_array_order(tmp_path: Path) -> None:
    slices = series(chest(), step=(0, 0, -5))
    volume = pleura.read(save_all(slices, tmp_path))
    assert volume.identity.format == "dicom"
    assert volume.identity.series_uid == f"{ROOT}.2"
    assert volume.identity.study_uid == f"{ROOT}.1"
    assert volume.identity.frame_of_reference_uid == f"{ROOT}.3"
    assert volume.identity.instance_uids == tuple(dataset.SOPInstanceUID for dataset in reversed(slices))


def test_the_real_series_is_read_exactly(shared: Path) -> None:
    folder = shared / "odd/03-geometry/three_slices_lung_base"
    volume = pleura.read(folder)
    assert volume.shape == (3, 512, 512)
    assert volume.spacing == pytest.approx((1.0, 0.810547, 0.810547))
    np.testing.assert_allclose(volume.affine[:3, 3], (-235.199997, -226.800003, -128.690002))


def test_slices_that_all_state_one_position_are_said_to_do_so(tmp_path: Path) -> None:
    save_all(series(chest(), step=(0.0, 0.0, 0.0)), tmp_path)
    with pytest.raises(UnsuitableInput, match="all 24 slices state the same position") as caught:
        pleura.read(tmp_path)
    assert caught.value.code == "doubled-slices"


@pytest.mark.parametrize(
    ("agent", "contrast"), [("Omnipaque 300, for Miller", True), ("IV", True), ("NONE", False), ("", None)]
)
def test_how_the_scan_was_made_is_kept_without_the_words_of_a_person(
    tmp_path: Path, agent: str, contrast: bool | None
) -> None:
    said = {"ConvolutionKernel": ["Br40d", "3"], "ContrastBolusAgent": agent, "SeriesDescription": "Miller 1.0 EXP"}
    slices = series(chest(), SliceThickness=1.0, **said)
    slices[7].SliceThickness = 1.5
    volume = pleura.read(save_all(slices, tmp_path))
    assert volume.acquisition == Acquisition("Br40d/3", contrast, 1.5, expiration=True)


@pytest.mark.parametrize("description", ["Thorax insp", "Expert review", "chest", "Inspiration"])
def test_expiration_is_a_word_of_its_own(tmp_path: Path, description: str) -> None:
    volume = pleura.read(save_all(series(chest(), SeriesDescription=description), tmp_path))
    assert volume.acquisition == Acquisition("", None, 5.0)


def test_kernel_and_contrast_of_an_enhanced_object_are_in_its_functional_groups(tmp_path: Path) -> None:
    dataset, kernel, agent = enhanced(chest(), range(24)), Dataset(), Dataset()
    kernel.ConvolutionKernel, agent.CodeMeaning = "B70f", "Iohexol"
    dataset.SharedFunctionalGroupsSequence[0].CTReconstructionSequence = [kernel]
    dataset.ContrastBolusAgentSequence = [agent]
    volume = pleura.read(save(dataset, tmp_path / "scan.dcm"))
    assert volume.acquisition == Acquisition("B70f", True, 5.0)
