"""A preview is a PNG beside the mask, or a JPEG inside a page, of one and the same montage."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pleura.errors import UnwritableOutput
from pleura.rendering import render_montage
from pleura.segmentation import Segmentation
from pleura.writing.preview import preview_jpeg, write_preview


def test_file_holds_the_montage(picture: Segmentation, tmp_path: Path) -> None:
    path = write_preview(picture, tmp_path / "p.PNG")
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), np.asarray(render_montage(picture)))
        assert set(image.info) == {"Software"}


def test_same_result_gives_the_same_bytes(picture: Segmentation, tmp_path: Path) -> None:
    first, second = write_preview(picture, tmp_path / "a.png"), write_preview(picture, tmp_path / "b.png")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("name", ["p.jpg", "p", "png"])
def test_other_suffix_is_refused(picture: Segmentation, tmp_path: Path, name: str) -> None:
    with pytest.raises(UnwritableOutput, match=r"end its name in \.png") as caught:
        write_preview(picture, tmp_path / name)
    assert caught.value.code == "unknown-suffix"
    assert list(tmp_path.iterdir()) == []


def test_jpeg_shows_the_same_as_the_png(picture: Segmentation) -> None:
    with Image.open(io.BytesIO(preview_jpeg(picture))) as image:
        difference = np.abs(np.asarray(image).astype(int) - np.asarray(render_montage(picture)))
    assert difference.mean() < 2
