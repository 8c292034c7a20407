"""The greys of a CT as it is shown: what is inverted is set back, and a bright frame becomes air."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pleura.modality.greys import bright_frame, set_greys_upright
from pleura.modality.resolve import resolve_kind
from pleura.phantom import chest
from pleura.reading.array import from_array
from pleura.segmenter import Segmenter
from pleura.volume import Kind, Note

Plane = NDArray[np.uint8]


def codes(notes: tuple[Note, ...]) -> list[str]:
    return [note.code for note in notes]


@pytest.fixture(scope="module")
def picture(shared: Path) -> Plane:
    images = shared / "data" / "ct" / "covid" / "train" / "images"
    return np.asarray(Image.open(sorted(images.iterdir())[40]))


def framed(plane: Plane, grey: int, *, top: int = 40, side: int = 40) -> Plane:
    return np.pad(plane, ((top, 0), (side, side)), constant_values=grey)


def without_corners(plane: Plane, grey: int) -> Plane:
    down, across = np.mgrid[-1 : 1 : plane.shape[0] * 1j, -1 : 1 : plane.shape[1] * 1j]
    return np.where(np.hypot(down, across) > 1.05, np.uint8(grey), plane)


def test_upright_greys_are_left_alone(picture: Plane) -> None:
    voxels, notes, warnings = set_greys_upright(picture[None])
    np.testing.assert_array_equal(voxels[0], picture)
    assert not notes
    assert not warnings


def test_black_frames_are_left_alone(picture: Plane) -> None:
    plane = framed(picture, 0)
    voxels, notes, _ = set_greys_upright(plane[None])
    np.testing.assert_array_equal(voxels[0], plane)
    assert not notes


def test_inverted_greys_are_set_back(picture: Plane) -> None:
    voxels, notes, warnings = set_greys_upright(255 - picture[None])
    np.testing.assert_array_equal(voxels[0], picture)
    assert codes(notes) == ["greys-inverted"]
    assert not warnings


@pytest.mark.parametrize("grey", [128, 200, 255])
@pytest.mark.parametrize("side", [0, 40], ids=["bar", "frame"])
def test_bright_frames_and_bars_become_air(picture: Plane, grey: int, side: int) -> None:
    voxels, notes, _ = set_greys_upright(framed(picture, grey, side=side)[None])
    inner = voxels[0, 40:, side : side + picture.shape[1]]
    np.testing.assert_array_equal(inner, picture)
    assert voxels[0, :40].max() < 40
    assert codes(notes) == ["padding"]


@pytest.mark.parametrize("grey", [128, 255])
def test_bright_corners_around_a_circle_become_air(picture: Plane, grey: int) -> None:
    voxels, notes, _ = set_greys_upright(without_corners(picture, grey)[None])
    assert voxels[0, :4, :4].max() < 40
    assert codes(notes) == ["padding"]


@pytest.mark.parametrize("grey", [0, 255])
def test_an_inverted_slice_in_a_frame_is_set_back_and_its_frame_is_dark(picture: Plane, grey: int) -> None:
    voxels, notes, _ = set_greys_upright(framed(255 - picture, grey)[None])
    np.testing.assert_array_equal(voxels[0, 40:, 40:-40], picture)
    assert voxels[0, :40].max() < 40
    assert codes(notes)[0] == "greys-inverted"


def test_greys_that_a_picture_reaches_at_its_border_are_no_frame(picture: Plane) -> None:
    assert not bright_frame(255 - picture).any()
    assert not bright_frame(picture).any()


def test_inverted_volumes_are_set_back_whatever_their_axes(shared: Path) -> None:
    hu = chest(shape=(40, 96, 96), spacing=(8.0, 4.0, 4.0)).volume.voxels
    grey = np.clip((hu + 1350) / 1500 * 255, 0, 255).astype(np.uint8)
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, 4.0], [0, -4.0, 0], [8.0, 0, 0]])
    volume = from_array(255 - grey[:, ::-1], affine=affine)
    resolved, warnings = resolve_kind(volume)
    assert "greys-inverted" in codes(resolved.notes)
    assert not warnings
    np.testing.assert_array_equal(resolved.voxels, grey[:, ::-1])
    assert resolved.identity == volume.identity


def test_radiographs_keep_their_greys(shared: Path) -> None:
    path = sorted((shared / "data" / "cxr" / "heart-included" / "val" / "images").glob("*.jpg"))[0]
    with Image.open(path) as image:
        grey = np.asarray(image.convert("L"))
    for plane in (grey, 255 - grey):
        resolved, _ = resolve_kind(from_array(plane, kind=Kind.WINDOWED))
        np.testing.assert_array_equal(resolved.voxels[0], plane)


def test_masks_of_an_inverted_and_of_a_framed_slice_are_those_of_the_slice(picture: Plane) -> None:
    segmenter = Segmenter(threads=1)
    plain = segmenter(picture).labels
    np.testing.assert_array_equal(segmenter(255 - picture).labels, plain)
    in_frame = segmenter(framed(picture, 255)).labels
    assert not in_frame[:40].any()
    inner = in_frame[40:, 40:-40]
    overlap = 2 * np.count_nonzero((inner > 0) & (plain > 0)) / (np.count_nonzero(inner) + np.count_nonzero(plain))
    assert overlap > 0.97
