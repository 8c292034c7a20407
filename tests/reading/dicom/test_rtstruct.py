"""Contours of a structure set that lie nowhere are an error by name; sound ones are drawn where they lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_masks import SQUARE, structures

from pleura.errors import PleuraError, UnreadableInput
from pleura.geometry import affine_from_spacing
from pleura.reading.dicom.rtstruct import read_rtstruct, structure_names
from pleura.volume import Volume

"""Corners (x, y, z) of a square in the second of slices 5 mm apart."""
VOLUME = Volume(np.zeros((3, 10, 10), np.int16), affine_from_spacing((5.0, 1.0, 1.0)))


def test_a_square_is_drawn_where_it_lies(tmp_path: Path) -> None:
    path = structures(tmp_path / "a.dcm", {"Lung": SQUARE})
    assert structure_names(path) == {1: "Lung"}
    found = read_rtstruct(path, VOLUME, {1}).voxels
    assert [plane.sum() for plane in found] == [0, 16, 0]  # 4 x 4 pixels


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("points", [SQUARE[:-1], [*SQUARE[:-1], 1e300], [*SQUARE[:-1], float("nan")], None])
def test_a_contour_that_lies_nowhere_is_an_error_by_name(tmp_path: Path, points: object) -> None:
    with pytest.raises(UnreadableInput) as caught:
        read_rtstruct(structures(tmp_path / "a.dcm", {"Lung": points}), VOLUME, {1})
    assert caught.value.code == "damaged"


def test_a_contour_far_outside_marks_nothing(tmp_path: Path) -> None:
    far = (np.array(SQUARE) + 1e6).tolist()
    try:
        found = read_rtstruct(structures(tmp_path / "a.dcm", {"Lung": far}), VOLUME, {1})
    except PleuraError:
        return
    assert not found.voxels.any()
