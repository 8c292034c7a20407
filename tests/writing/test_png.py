"""A single slice as PNG: its indices are the labels, its colours those of the structures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pleura.errors import UnwritableOutput
from pleura.segmentation import Segmentation
from pleura.volume import Volume
from pleura.writing import write


def test_png_holds_the_labels_and_shows_their_colours(picture: Segmentation, tmp_path: Path) -> None:
    with Image.open(write(picture, tmp_path / "lungs.png")) as image:
        np.testing.assert_array_equal(np.asarray(image), picture.labels)
        assert image.mode == "P"
        colours = np.asarray(image.convert("RGB"))
    assert colours[0, 0].tolist() == [0, 0, 0]
    assert colours[1, 1].tolist() == [230, 80, 70]
    assert colours[1, 4].tolist() == [70, 140, 230]


def test_volume_of_one_slice_may_be_a_png(plain: Segmentation, tmp_path: Path) -> None:
    one = replace(plain, labels=plain.labels[:1], volume=Volume(plain.volume.voxels[:1], plain.volume.affine))
    with Image.open(write(one, tmp_path / "lungs.png")) as image:
        np.testing.assert_array_equal(np.asarray(image), plain.labels[0])


def test_volume_of_more_slices_is_refused_and_leaves_nothing_behind(plain: Segmentation, tmp_path: Path) -> None:
    with pytest.raises(UnwritableOutput, match="--preview") as caught:
        write(plain, tmp_path / "lungs.png")
    assert caught.value.code == "one-slice-only"
    assert list(tmp_path.iterdir()) == []
