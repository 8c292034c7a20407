"""Several pictures in one: pairs of views, pages of slices; and no single picture is taken for several."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import pleura
from pleura.modality import Decision, decide
from pleura.modality.several import shows_several

Picture = NDArray[np.uint8]


def pictures(folder: Path, count: int) -> list[Picture]:
    found = []
    for path in sorted(folder.iterdir())[:: max(1, len(list(folder.iterdir())) // count)][:count]:
        with Image.open(path) as picture:
            found.append(np.asarray(picture.convert("L")))
    return found


def page(parts: list[Picture], down: int, across: int, *, side: int = 256, gap: int = 0, grey: int = 0) -> Picture:
    made = np.full((down * (side + gap) - gap, across * (side + gap) - gap), grey, np.uint8)
    for k in range(down * across):
        top, left = k // across * (side + gap), k % across * (side + gap)
        part = Image.fromarray(parts[k % len(parts)]).resize((side, side))
        made[top : top + side, left : left + side] = np.asarray(part)
    return made


@pytest.fixture(scope="module")
def radiographs(shared: Path) -> list[Picture]:
    return pictures(shared / "data/cxr/heart-included/val/images", 12)


@pytest.fixture(scope="module")
def slices(shared: Path) -> list[Picture]:
    return pictures(shared / "data/ct/covid/val/images", 12)


@pytest.mark.parametrize(("down", "across"), [(1, 2), (2, 1), (2, 2), (1, 3), (3, 4)])
@pytest.mark.parametrize(("gap", "grey"), [(0, 0), (6, 0), (10, 255)])
def test_radiographs_side_by_side_are_several(
    radiographs: list[Picture], down: int, across: int, gap: int, grey: int
) -> None:
    assert shows_several(page(radiographs, down, across, gap=gap, grey=grey), decide)


@pytest.mark.parametrize(("down", "across"), [(1, 2), (2, 2), (4, 5)])
def test_a_page_of_slices_is_several(slices: list[Picture], down: int, across: int) -> None:
    assert shows_several(page(slices, down, across, side=128, gap=4, grey=255), decide)


@pytest.mark.parametrize(("down", "across"), [(1, 2), (2, 1)])
def test_two_slices_whose_air_meets_are_several(slices: list[Picture], down: int, across: int) -> None:
    pairs = [page(slices[k : k + 2], down, across) for k in range(0, len(slices), 2)]
    assert all(shows_several(pair, decide) for pair in pairs)


def test_two_views_of_unequal_width_are_several(radiographs: list[Picture]) -> None:
    first, second = (
        np.asarray(Image.fromarray(part).resize((wide, 256)))
        for part, wide in zip(radiographs, (290, 190), strict=False)
    )
    assert shows_several(np.hstack([first, second]), decide)


def test_a_view_beside_something_else_is_several(radiographs: list[Picture]) -> None:
    other = np.random.default_rng(0).integers(0, 255, (32, 32)).astype(np.uint8)
    beside = np.asarray(Image.fromarray(other).resize((256, 256)))
    assert shows_several(np.hstack([page(radiographs, 1, 1), beside]), decide)


def test_one_picture_is_one(radiographs: list[Picture], slices: list[Picture]) -> None:
    for picture in (*radiographs, *slices):
        assert not shows_several(picture, decide)
        assert not shows_several(np.pad(picture, ((20, 20), (60, 60))), decide)


@pytest.mark.parametrize("odd", [None, 0, 3])
def test_every_part_of_a_page_has_to_be_a_picture_of_its_own(odd: int | None) -> None:
    noise = np.random.default_rng(0).integers(0, 200, (4, 256, 256)).astype(np.uint8)
    if odd is not None:
        noise[odd, ::2] = 255

    def look(part: Picture) -> Decision:
        return Decision("ct", 1.0, not (part == 255).any(), "ct")

    assert shows_several(page(list(noise), 2, 2, gap=6), look) is (odd is None)


def test_the_mask_of_several_in_one_is_warned_of(radiographs: list[Picture], tmp_path: Path) -> None:
    Image.fromarray(page(radiographs, 1, 2)).save(tmp_path / "both.png")
    (warning, *_) = pleura.segment(tmp_path / "both.png").warnings
    assert warning.code == "not-a-chest"
    assert "several pictures in one" in warning.message


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (400, 3), (60, 60)])
def test_plain_and_tiny_pictures_are_one(shape: tuple[int, int]) -> None:
    assert not shows_several(np.zeros(shape, np.uint8), decide)
