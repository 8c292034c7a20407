"""A scan of which no DICOM object can be made is refused by name, before anything is computed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest, radiograph, save, save_all, series

from pleura.errors import UnwritableOutput
from pleura.reading import read
from pleura.volume import Volume
from pleura.writing.dicom.suitable import refuse_projection, refuse_unsuitable


def refusal(volume: Volume) -> str:
    with pytest.raises(UnwritableOutput) as caught:
        refuse_unsuitable(volume)
    return caught.value.code


def test_scan_of_dicom_passes(scan: Volume) -> None:
    refuse_projection(scan)


def test_scan_of_another_format_is_refused(scan: Volume) -> None:
    assert refusal(Volume(scan.voxels, scan.affine)) == "not-from-dicom"


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"])
def test_scan_without_a_uid_is_refused_by_the_name_of_the_uid(keyword: str, tmp_path: Path) -> None:
    volume = read(save_all(series(chest(), **{keyword: None}), tmp_path))
    with pytest.raises(UnwritableOutput, match=f"states no {keyword}") as caught:
        refuse_unsuitable(volume)
    assert caught.value.code == "source-without-uids"


def test_scan_whose_images_have_no_uids_is_refused(scan: Volume) -> None:
    nameless = tuple(replace(one, instance_uid="") for one in scan.source.slices)
    assert refusal(replace(scan, source=replace(scan.source, slices=nameless))) == "source-without-uids"


def test_scan_whose_images_share_a_uid_is_refused(tmp_path: Path) -> None:
    assert refusal(read(save_all(series(chest(), SOPInstanceUID="1.2.3"), tmp_path))) == "source-without-uids"


def test_slice_without_a_position_is_refused(tmp_path: Path) -> None:
    (one,) = series(chest((1, 64, 64)), ImageOrientationPatient=None)
    assert refusal(read(save(one, tmp_path / "a.dcm"))) == "source-without-positions"


def test_volume_that_was_cut_moved_or_flipped_is_refused(scan: Volume) -> None:
    flip = np.diag([1.0, 1.0, 1.0, 1.0])
    flip[1, 1], flip[1, 3] = -1, scan.shape[1] - 1
    moved = scan.affine.copy()
    moved[:3, 3] += 1
    changed = [
        replace(scan, voxels=scan.voxels[1:]),
        replace(scan, voxels=scan.voxels[:, ::-1], affine=scan.affine @ flip),
        replace(scan, affine=moved),
    ]
    assert {refusal(volume) for volume in changed} == {"source-changed"}


def test_irregular_slices_that_the_reader_lets_pass_are_on_their_grid(tmp_path: Path) -> None:
    slices = series(chest())
    slices[9].ImagePositionPatient[2] += 0.45
    refuse_unsuitable(read(save_all(slices, tmp_path)))


def test_radiograph_needs_no_position_but_has_none_to_draw_contours_in(tmp_path: Path) -> None:
    volume = read(save(radiograph(FrameOfReferenceUID=None), tmp_path / "a.dcm"))
    refuse_unsuitable(volume)
    with pytest.raises(UnwritableOutput) as caught:
        refuse_projection(volume)
    assert caught.value.code == "no-patient-space"
