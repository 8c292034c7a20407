"""A mask that cannot be true is refused; sides that contradict the geometry are merged, those of pictures kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from data_layouts import PHANTOM, nnunet, pictures, save_picture
from PIL import Image

from pleura.preparation import prepare


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
