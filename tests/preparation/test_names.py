"""The name of a file says its key, whether it is a mask, of which lung and of which split."""

from __future__ import annotations

from pathlib import Path

import pytest

from pleura.labels import LEFT, RIGHT
from pleura.preparation.names import parse_name, parse_names

ROOT = Path("/source")


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("images/image1.png", "masks/mask1.png"),
        ("a.jpg", "a_mask.jpg"),
        ("p1/ct.nrrd", "p1/lungs.nrrd"),
        ("train/images/x_12.png", "train/labels/x_12.png"),
    ],
)
def test_an_image_and_its_mask_have_one_key(image: str, mask: str) -> None:
    found = parse_names([ROOT / image, ROOT / mask], ROOT)
    assert {file.path: file.is_mask for file in found} == {ROOT / image: False, ROOT / mask: True}
    assert len({file.key for file in found}) == 1


def test_the_channel_of_nnunet_is_no_part_of_the_key_without_it() -> None:
    image = parse_name(ROOT / "imagesTr" / "a_0000.nii.gz", ROOT)
    assert image.key != image.channelless_key == parse_name(ROOT / "labelsTr" / "a.nii.gz", ROOT).key


@pytest.mark.parametrize(
    ("name", "side", "lobe"),
    [
        ("leftMask/a.png", LEFT, ""),
        ("masks/a_right.png", RIGHT, ""),
        ("s1/segmentations/lung_upper_lobe_left.nii.gz", LEFT, "upper"),
        ("masks/a.png", 0, ""),
    ],
)
def test_a_mask_may_name_its_side_and_lobe(name: str, side: int, lobe: str) -> None:
    found = parse_name(ROOT / name, ROOT)
    assert (found.is_mask, found.side, found.lobe) == (True, side, lobe)
    assert (found.key == found.sided_key) == (side == 0)


@pytest.mark.parametrize(
    ("name", "split"),
    [("val/images/a.png", "val"), ("imagesTs/a.nii.gz", "test"), ("training/a.png", "train"), ("a.png", "")],
)
def test_folders_state_the_split(name: str, split: str) -> None:
    assert parse_name(ROOT / name, ROOT).split == split


def test_a_folder_that_holds_both_says_nothing_of_either() -> None:
    names = ["Lung Segmentation/images/a.png", "Lung Segmentation/masks/a.png"]
    found = parse_names([ROOT / name for name in names], ROOT)
    assert [file.is_mask for file in sorted(found, key=lambda file: file.name)] == [False, True]
