"""What the values of masks mean is settled for the whole set, by names, numbers, positions or greys."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from data_layouts import PHANTOM, manifest, nnunet, pictures, save_picture
from PIL import Image

from pleura.preparation import Settings, prepare
from pleura.preparation.run import try_prepare
from pleura.training.load import label_names, load


def test_labels_of_one_lung_each_are_kept_apart(tmp_path: Path) -> None:
    pictures(tmp_path / "in", labels=(0, 1, 2))
    prepare(tmp_path / "in", tmp_path / "out")
    assert label_names(tmp_path, ["out"]) == ("right lung", "left lung")
    assert all(record["sides"] for record in manifest(tmp_path / "out"))


def test_two_greys_side_by_side_are_the_right_and_the_left_lung(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=6, labels=(0, 127, 254))
    save_picture(tmp_path / "in" / "masks" / "p0.png", np.where(PHANTOM.labels[3] == 2, 254, 0).astype(np.uint8))
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert dict(report.labels) == {1: "right lung", 2: "left lung"}
    assert "127 taken for the right lung, 254 for the left" in report.notes[0].message
    assert all(case.sides for case in report.cases)
    one = next(case for case in report.cases if report.sources[case.id] == "images/p0")
    assert set(np.unique(np.asarray(Image.open(tmp_path / "out" / one.mask)))) == {0, 2}


RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.mark.parametrize(("right", "left"), [(RED, GREEN), (GREEN, RED), (BLUE, RED), (RED, BLUE)])
def test_of_two_colours_place_says_which_is_the_right_lung(
    right: tuple[int, ...], left: tuple[int, ...], tmp_path: Path
) -> None:
    pictures(tmp_path / "in", count=6)
    palette = np.array([(0, 0, 0), right, left], np.uint8)
    for number in range(6):
        labels = PHANTOM.labels[3 + number % 6]
        drawn = np.where(labels == 2, 2, 0) if number == 0 else labels  # one shows the left lung alone
        save_picture(tmp_path / "in" / "masks" / f"p{number}.png", palette[drawn])
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert dict(report.labels) == {1: "right lung", 2: "left lung"}
    assert report.notes[0].code == "sides-by-place"
    name = "#" + bytes(right).hex()
    assert f"{name} was taken for the right lung" in report.notes[0].message
    for case in report.cases:
        number = int(report.sources[case.id].removeprefix("images/p"))
        labels = PHANTOM.labels[3 + number % 6]
        expected = np.where(labels == 2, 2, 0) if number == 0 else labels
        assert np.array_equal(np.asarray(Image.open(tmp_path / "out" / case.mask)), expected)


def test_colours_that_are_no_sides_are_named_as_colours(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=6)
    for path in (tmp_path / "in" / "masks").iterdir():
        lungs = np.asarray(Image.open(path)) // 255
        lungs[28:36, 24:40] = 2  # a heart between the lungs
        save_picture(path, np.array([(0, 0, 0), RED, BLUE], np.uint8)[lungs])
    assert set(prepare(tmp_path / "in", tmp_path / "out").labels.values()) == {"label #ff0000", "label #0000ff"}


def test_two_greys_one_within_the_other_are_no_sides(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=6)
    for path in (tmp_path / "in" / "masks").iterdir():
        lungs = np.asarray(Image.open(path)) // 255 * 127
        lungs[28:36, 24:40] = 255  # a heart between the lungs
        save_picture(path, lungs)
    assert list(prepare(tmp_path / "in", tmp_path / "out").labels.values()) == ["label 127", "label 255"]


@pytest.mark.parametrize(("labels", "usable"), [((0, 255, 255), 4), ((0, 127, 254), 0)])
def test_blurred_masks_are_cut_half_way_and_refused_where_that_would_cut_a_lung(
    labels: Sequence[int], usable: int, tmp_path: Path
) -> None:
    pictures(tmp_path / "in", count=4, labels=labels)
    for path in (tmp_path / "in" / "masks").iterdir():
        Image.open(path).save(path.with_suffix(".jpg"), quality=75)
        path.unlink()
    report = try_prepare(tmp_path / "in", tmp_path / "out", Settings(), 1, None)
    assert len(report.cases) == usable
    assert {one.code for one in report.refused} == (set() if usable else {"mask-blurred"})


def test_masks_of_black_and_white_mean_lung(tmp_path: Path) -> None:
    pictures(tmp_path / "in")
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert list(report.labels.values()) == ["lung"]
    case = load(tmp_path, "out", "train")[0]
    assert set(np.unique(case.labels)) == {0, 1}


def test_values_of_one_region_become_one_label(tmp_path: Path) -> None:
    nnunet(tmp_path / "in", 1, PHANTOM.labels, {"lung": [1, 2]})
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert dict(report.labels) == {1: "lung"}
    (record,) = report.cases
    assert not record.sides
    mask = np.asanyarray(nib.load(tmp_path / "out" / str(record.mask)).dataobj)  # type: ignore[attr-defined]
    assert np.array_equal(mask.transpose(2, 1, 0) > 0, PHANTOM.labels > 0)
    assert mask.max() == 1


def test_sets_that_number_lungs_each_their_own_way_become_one(tmp_path: Path) -> None:
    right, left = ((PHANTOM.labels == value).astype(np.uint8) for value in (1, 2))
    nnunet(tmp_path / "in" / "Dataset001", 1, 1 * right + 2 * left, {"right lung": 1, "left lung": 2})
    nnunet(tmp_path / "in" / "Dataset002", 2, 7 * right + 4 * left, {"left lung": 4, "right lung": 7})
    report = prepare(tmp_path / "in", tmp_path / "out")
    for record in report.cases:
        mask = np.asanyarray(nib.load(tmp_path / "out" / record.mask).dataobj)  # type: ignore[attr-defined]
        assert np.array_equal(np.bincount(mask.ravel())[1:], [right.sum(), left.sum()])
