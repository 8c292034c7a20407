"""A mask that cannot be true is refused; sides that contradict the geometry are merged, those of pictures kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data_layouts import PHANTOM, nnunet, pictures, save_picture
from PIL import Image

from pleura.errors import PleuraError
from pleura.geometry import affine_from_spacing
from pleura.preparation import prepare
from pleura.preparation.mask_checks import find_faults
from pleura.volume import Volume


def test_a_mask_in_the_grey_air_of_a_wide_window_is_refused(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=2)  # air is 58 of 255
    image = np.asarray(Image.open(tmp_path / "in" / "images" / "p1.png"))
    air = np.zeros((64, 64), np.uint8)
    air[2:6, 5:60] = 255
    assert image[air > 0].max() < 70
    save_picture(tmp_path / "in" / "masks" / "p1.png", air)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert {one.name: one.code for one in report.refused} == {"images/p1": "mask-outside-body"}


def test_scans_whose_sides_are_all_reversed_become_one_lung_and_it_is_said(tmp_path: Path) -> None:
    for number in range(3):
        nnunet(tmp_path / "in", number, PHANTOM.labels, {"left lung": 1, "right lung": 2})
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert dict(report.labels) == {1: "lung"}
    assert report.case_warnings == tuple((f"imagesTr/c{number}_0000", "sides-swapped") for number in range(3))
    assert [note.message[:6] for note in report.notes if note.code == "sides-swapped"] == ["in all"]


def test_one_scan_whose_sides_are_reversed_is_named_among_others(tmp_path: Path) -> None:
    reversed_ = np.take(np.array([0, 2, 1], np.uint8), PHANTOM.labels)
    for number, labels in enumerate((PHANTOM.labels, reversed_, PHANTOM.labels)):
        nnunet(tmp_path / "in", number, labels, {"right lung": 1, "left lung": 2})
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert dict(report.labels) == {1: "right lung", 2: "left lung"}
    assert report.case_warnings == (("imagesTr/c1_0000", "sides-swapped"),)
    assert [note.message[:9] for note in report.notes if note.code == "sides-swapped"] == ["in 1 of 3"]


def test_pictures_whose_sides_are_all_reversed_are_kept_and_it_is_said(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=4, labels=(0, 2, 1))
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert report.notes[0].code == "sides-reversed"
    assert all(case.sides for case in report.cases)


@pytest.mark.parametrize(("width", "outside"), [(8, False), (9, True)])
def test_air_is_around_the_body_where_it_takes_more_than_a_fifth_of_the_border(width: int, outside: bool) -> None:
    hu, labels = np.full((1, 10, 12), 40, np.int16), np.zeros((1, 10, 12), np.uint8)
    hu[0, :3, 2 : 2 + width] = -900  # 8 or 9 of the 40 pixels of the border
    labels[0, 1:3, 2 : 2 + width] = 1
    volume = Volume(hu, affine_from_spacing((5.0, 2.0, 2.0)))
    if outside:
        with pytest.raises(PleuraError, match="100% of the mask lies in the air around the body"):
            find_faults(volume, labels)
    else:
        assert "mask-outside-body" not in {note.code for note in find_faults(volume, labels)}
