"""Segments come by their names, at the places of their frames, and none that is wanted is wiped out by another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_masks import BODY, LEFT, RIGHT, seg

from pleura.errors import PleuraError, UnreadableInput
from pleura.reading.dicom.seg import read_seg, segment_names


def test_segments_that_are_not_wanted_hide_nothing(tmp_path: Path) -> None:
    path = seg(tmp_path / "a.dcm", {"Right Lung": RIGHT, "Left Lung": LEFT, "Body": BODY})
    assert segment_names(path) == {1: "Right Lung", 2: "Left Lung", 3: "Body"}
    found = read_seg(path, {1, 2})
    assert np.array_equal(found.voxels, RIGHT + 2 * LEFT)
    assert np.allclose(found.affine @ [2, 1, 3, 1], [6.0, 2.0, 10.0, 1.0])  # slice, row, column -> x, y, z


def test_where_segments_overlap_the_smaller_one_stays(tmp_path: Path) -> None:
    found = read_seg(seg(tmp_path / "a.dcm", {"Right Lung": RIGHT, "Body": BODY}), {1, 2})
    assert np.array_equal(found.voxels, np.where(RIGHT, 1, 2 * BODY))


def test_damaged_segmentation_is_an_error_by_name(tmp_path: Path) -> None:
    path = seg(tmp_path / "a.dcm", {"Right Lung": RIGHT})
    path.write_bytes(path.read_bytes()[:300])
    for read in (segment_names, lambda path: read_seg(path, {1})):
        with pytest.raises(UnreadableInput) as caught:
            read(path)
        assert caught.value.code == "damaged"


def spoilt(path: Path, where: str, value: Any) -> Path:
    """Write one segment with another value in the second frame, or in what all frames share."""
    import pydicom

    dataset = pydicom.dcmread(seg(path, {"Right Lung": RIGHT}))
    group, keyword = where.split(".")
    own, shared = dataset.PerFrameFunctionalGroupsSequence[1], dataset.SharedFunctionalGroupsSequence[0]
    setattr((own if group in own else shared)[group].value[0], keyword, value)
    dataset.save_as(path)
    return path


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("PlanePositionSequence.ImagePositionPatient", [0.0, 5.0]),
        ("PlanePositionSequence.ImagePositionPatient", [0.0, 0.0, 5.0, 5.0]),
        ("PlanePositionSequence.ImagePositionPatient", None),
        ("PlanePositionSequence.ImagePositionPatient", [0.0, 0.0, 1e300]),
        ("PlaneOrientationSequence.ImageOrientationPatient", [1.0, 0.0, 0.0]),
        ("PixelMeasuresSequence.PixelSpacing", [2.0]),
        ("SegmentIdentificationSequence.ReferencedSegmentNumber", [1, 1]),
    ],
)
def test_a_vector_of_wrong_length_is_an_error_by_name(tmp_path: Path, where: str, value: object) -> None:
    with pytest.raises(UnreadableInput) as caught:
        read_seg(spoilt(tmp_path / "a.dcm", where, value), {1})
    assert caught.value.code == "damaged"


def test_a_segmentation_of_more_frames_than_it_holds_is_an_error_by_name(tmp_path: Path) -> None:
    import pydicom

    path = seg(tmp_path / "a.dcm", {"Right Lung": RIGHT})
    dataset = pydicom.dcmread(path)
    dataset.PixelData = dataset.PixelData[:10]
    dataset.save_as(path)
    with pytest.raises(UnreadableInput):
        read_seg(path, {1})


def test_planes_far_apart_are_an_error_by_name_and_take_no_memory(tmp_path: Path) -> None:
    path = spoilt(tmp_path / "a.dcm", "PlanePositionSequence.ImagePositionPatient", [0.0, 0.0, 9e8])
    with pytest.raises(PleuraError):
        read_seg(path, {1})


def test_a_single_plane_is_as_thick_as_it_says(tmp_path: Path) -> None:
    found = read_seg(seg(tmp_path / "a.dcm", {"Right Lung": RIGHT & (np.arange(3) == 1)[:, None, None]}), {1})
    assert found.voxels.shape == (1, 8, 10)
    assert np.allclose(found.affine[:3, 0], [0.0, 0.0, 5.0])
    assert np.allclose(found.affine[:3, 3], [0.0, 0.0, 5.0])
