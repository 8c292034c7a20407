"""Whether air is dark or bright in a CT slice in greys, and what is no air but a frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pleura.modality.polarity import is_in_bright_frame, polarity

SETS = Path("data") / "ct"
WINDOWS = {"lung": (-1350, 150), "soft tissue": (-160, 240), "wide": (-1000, 400)}


def grey(hu: NDArray[np.integer], window: str) -> NDArray[np.uint8]:
    low, high = WINDOWS[window]
    return np.clip((hu.astype(np.float32) - low) * 255 / (high - low), 0, 255).astype(np.uint8)


def slices(shared: Path, name: str, step: int) -> list[tuple[NDArray[np.integer], NDArray[np.bool_]]]:
    folder = shared / SETS / name / "train"
    masks = sorted((folder / "masks").iterdir())[::step]
    images = {path.stem: path for path in (folder / "images").iterdir()}
    return [(np.asarray(Image.open(images[mask.stem])), np.asarray(Image.open(mask)) > 0) for mask in masks]


def test_slices_of_eight_bits_are_found_upright_or_inverted(shared: Path) -> None:
    for picture, _ in slices(shared, "covid", 40):
        assert polarity(picture) != "inverted"
        assert polarity(255 - picture) == "inverted"


@pytest.mark.parametrize("window", WINDOWS)
def test_slices_in_any_window_are_found_upright_or_inverted(shared: Path, window: str) -> None:
    found = []
    for hu, _ in slices(shared, "slices", 30):
        picture = grey(hu, window)
        assert polarity(picture) not in {"inverted", "doubtful"}
        found.append(polarity(255 - picture))
    assert found.count("inverted") >= len(found) - 1


def test_slices_cut_within_the_body_are_not_taken_for_inverted(shared: Path) -> None:
    for picture, lungs in slices(shared, "slices", 30):
        rows, columns = np.flatnonzero(lungs.any(axis=1)), np.flatnonzero(lungs.any(axis=0))
        inner = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        for window in WINDOWS:
            assert polarity(grey(inner, window)) != "inverted"


def test_bright_surroundings_are_a_frame_where_dark_air_lies_in_them(shared: Path) -> None:
    picture = grey(slices(shared, "slices", 200)[0][0], "lung")
    down, across = np.mgrid[: picture.shape[0], : picture.shape[1]] - 127.5
    corners = np.hypot(down, across) > 128
    framed, inverted = picture.copy(), 255 - picture
    framed[corners] = inverted[corners] = 255
    assert is_in_bright_frame(framed, corners)
    assert not is_in_bright_frame(inverted, corners)


def test_dark_body_that_is_small_for_one_may_be_inverted() -> None:
    down, across = np.mgrid[:128, :128] - 63.5
    body = np.hypot(down, across) < 34  # 22 % of the picture; bodies fill 30 % and more
    assert polarity(np.where(body, 60, 230).astype(np.uint8)) == "doubtful"
    assert polarity(np.where(body, 230, 60).astype(np.uint8)) == "unknown"


def test_the_circle_that_was_scanned_is_no_body_in_bright_air(shared: Path) -> None:
    found = []
    for hu, lungs in slices(shared, "slices", 30):
        rows, columns = np.flatnonzero(lungs.any(axis=1)), np.flatnonzero(lungs.any(axis=0))
        side = min(lungs.shape)
        top, left = (max(0, min((line[0] + line[-1]) // 2 - side // 3, side // 3)) for line in (rows, columns))
        picture = grey(hu[top : top + 2 * side // 3, left : left + 2 * side // 3], "lung")  # it reaches into the body
        down, across = np.mgrid[: len(picture), : len(picture)] - (len(picture) - 1) / 2
        picture[np.hypot(down, across) > len(picture) / 2] = 255
        found.append(polarity(picture))
    assert found.count("inverted") <= 1  # where much of the circle is bone or lies beyond the body
