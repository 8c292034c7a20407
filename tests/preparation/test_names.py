"""The name of a file says its key, whether it is a mask, of which lung and of which split."""

from __future__ import annotations

from pathlib import Path

import pytest

from pleura.labels import LEFT, RIGHT
from pleura.preparation.names import parse_name

ROOT = Path("/source")


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
