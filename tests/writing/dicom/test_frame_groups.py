"""Frames say where they lie, which structure they show and which image they were drawn on."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from marker import around_centre, scanned
from pydicom.filereader import read_dataset

from pleura.reading import read
from pleura.volume import SourceSlice
from pleura.writing.dicom.frame_groups import Placement, SegFrame, decimal, dimensions, per_frame_groups, shared_groups

IMAGES = (
    SourceSlice("1.2", "1.2.1", 4, (0.0, -1.5, 10.0)),
    None,
    SourceSlice("1.2", "1.2.1", 5, (0.0, -1.5, 1 / 3)),
)


def groups(placement: Placement) -> list:
    found = read_dataset(BytesIO(per_frame_groups(placement)), is_implicit_VR=False, is_little_endian=True)
    return list(found.PerFrameFunctionalGroupsSequence)


def test_frame_refers_to_its_image_and_states_its_position() -> None:
    frames = [SegFrame(0, 1), SegFrame(2, 1), SegFrame(2, 2)]
    found = groups(Placement(frames, IMAGES, in_patient=True))
    sources = [one.DerivationImageSequence[0].SourceImageSequence[0] for one in found]
    assert [one.ReferencedFrameNumber for one in sources] == [4, 5, 5]
    assert found[1].PlanePositionSequence[0].ImagePositionPatient == [0, -1.5, 0.33333333333333]
    assert [one.FrameContentSequence[0].DimensionIndexValues for one in found] == [[1, 1], [1, 2], [2, 2]]
    assert [one.SegmentIdentificationSequence[0].ReferencedSegmentNumber for one in found] == [1, 1, 2]


def test_frame_of_a_label_map_shows_all_structures_and_one_of_a_radiograph_has_no_position() -> None:
    (frame,) = groups(Placement([SegFrame(2, None)], IMAGES, in_patient=True))
    assert frame.FrameContentSequence[0].DimensionIndexValues == 1
    assert "SegmentIdentificationSequence" not in frame
    projection = Placement([SegFrame(0, 2)], (SourceSlice("1.2", "1.3", None, None),), in_patient=False)
    (frame,) = groups(projection)
    assert "PlanePositionSequence" not in frame
    assert "ReferencedFrameNumber" not in frame.DerivationImageSequence[0].SourceImageSequence[0]
    assert frame.FrameContentSequence[0].DimensionIndexValues == [2, 1]
    assert [one.DimensionIndexPointer for one in dimensions("1.2", projection)] == [0x0062000B, 0x00209057]


def test_slices_of_a_tilted_gantry_are_as_far_apart_as_along_their_normal(tmp_path: Path) -> None:
    tilted = np.array([[0, 0, 1.5], [0.5, 1.25, 0], [2.0, 0, 0]])
    item = shared_groups(read(scanned(around_centre(tilted), tmp_path)), None)
    assert item.PixelMeasuresSequence[0].SpacingBetweenSlices == pytest.approx(2.0)
    assert item.PixelMeasuresSequence[0].SliceThickness == pytest.approx(2.0)
    assert list(item.PixelMeasuresSequence[0].PixelSpacing) == [1.25, 1.5]
    assert list(item.PlaneOrientationSequence[0].ImageOrientationPatient) == [1, 0, 0, 0, 1, 0]


def test_numbers_have_16_letters_at_most_and_no_minus_zero() -> None:
    assert max(len(decimal(value)) for value in (-1 / 3, 1e-20 / 3, -12345678.123456789, 2 / 3e9)) <= 16
    assert decimal(-0.0) == "0.0"
