"""The montage shows a scan with its outlines, whichever way it was stored, and the warnings under it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from pleura.geometry import affine_from_spacing, from_axial
from pleura.phantom import chest
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Note, Volume
from pleura.writing import write_preview

RED, BLUE = np.array([230, 80, 70]), np.array([70, 140, 230])


@pytest.fixture(scope="module")
def result() -> Segmentation:
    phantom = chest((24, 64, 64), (13.0, 6.0, 6.0))
    return Segmentation(phantom.labels, phantom.volume)


def _pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def _columns(pixels: np.ndarray, colour: np.ndarray) -> np.ndarray:
    return np.flatnonzero((np.abs(pixels - colour).sum(-1) < 60).any(0))


def test_outlines_have_the_colours_of_their_lungs(result: Segmentation, tmp_path: Path) -> None:
    tile = _pixels(write_preview(result, tmp_path / "p.png"))[:280, :300]  # the first axial slice
    assert 0 < _columns(tile, RED).max() < _columns(tile, BLUE).min()


def test_other_orientation_of_the_same_scan_gives_the_same_picture(result: Segmentation, tmp_path: Path) -> None:
    affine = np.array([[0, -6.0, 0, 200], [0, 0, -6.0, 210], [-13.0, 0, 0, 150], [0, 0, 0, 1]])
    voxels, labels = (np.ascontiguousarray(from_axial(a, affine)) for a in (result.volume.voxels, result.labels))
    flipped = Segmentation(labels.astype(np.uint8), Volume(voxels, affine))
    np.testing.assert_array_equal(
        _pixels(write_preview(flipped, tmp_path / "a.png")), _pixels(write_preview(result, tmp_path / "b.png"))
    )


def test_same_result_gives_the_same_bytes(result: Segmentation, tmp_path: Path) -> None:
    first, second = write_preview(result, tmp_path / "a.png"), write_preview(result, tmp_path / "b.png")
    assert first.read_bytes() == second.read_bytes()


def test_warnings_are_written_under_the_picture(result: Segmentation, tmp_path: Path) -> None:
    warned = replace(result, warnings=(Note("cropped", "the lungs reach the edge"),))
    plain, more = _pixels(write_preview(result, tmp_path / "a.png")), _pixels(write_preview(warned, tmp_path / "b.png"))
    assert more.shape[0] > plain.shape[0]
    assert more[plain.shape[0] :].max() > 200


def test_long_warnings_go_on_in_the_next_line(picture: Segmentation, tmp_path: Path) -> None:
    one, long = (replace(picture, warnings=(Note("x", "lung " * times),)) for times in (1, 60))
    plain, more = _pixels(write_preview(one, tmp_path / "a.png")), _pixels(write_preview(long, tmp_path / "b.png"))
    assert more.shape[0] >= plain.shape[0] + 2 * 26
    assert not more[plain.shape[0] :, -10:].any()  # no letter is cut off at the edge
    assert more[-40:].max() > 200


def test_every_letter_is_one_that_the_font_has(
    picture: Segmentation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(ImageDraw.ImageDraw, "text", lambda _self, _place, text, **_: drawn.append(text))
    write_preview(replace(picture, volume=replace(picture.volume, spacing_known=True)), tmp_path / "p.png")
    assert drawn == ["right lung 0 sq cm", "left lung 0 sq cm"]
    font = ImageFont.load_default(15)
    missing = bytes(font.getmask("\uffff"))
    assert [letter for letter in set("".join(drawn)) - {" "} if bytes(font.getmask(letter)) == missing] == []


@pytest.mark.parametrize("shape", [(1, 40, 30), (2, 30, 40), (3, 512, 8), (5, 9, 9), (200, 16, 16)])
def test_scan_of_any_shape_can_be_shown(shape: tuple[int, int, int], tmp_path: Path) -> None:
    volume = Volume(np.zeros(shape, np.int16), affine_from_spacing((5.0, 1.0, 1.0)))
    for labels in (np.zeros(shape, np.uint8), np.ones(shape, np.uint8)):
        pixels = _pixels(write_preview(Segmentation(labels, volume), tmp_path / "p.png"))
        assert 480 <= pixels.shape[1] <= 1300


def test_radiograph_in_a_volume_of_one_slice_is_shown_as_a_picture(picture: Segmentation, tmp_path: Path) -> None:
    volume = replace(picture.volume, kind=Kind.RADIOGRAPH, is_picture=False)
    deep = replace(picture, volume=volume, labels=picture.labels[None])
    flat = replace(picture, volume=replace(volume, is_picture=True))
    np.testing.assert_array_equal(
        _pixels(write_preview(deep, tmp_path / "a.png")), _pixels(write_preview(flat, tmp_path / "b.png"))
    )


def test_picture_is_shown_alone(picture: Segmentation, tmp_path: Path) -> None:
    pixels = _pixels(write_preview(picture, tmp_path / "p.png"))
    assert pixels.shape[1] == 768
    assert (pixels[10, :] == 200).all()  # grey values of a picture are shown as they are
    assert 0 < _columns(pixels[:500], RED).max() < _columns(pixels[:500], BLUE).min()
