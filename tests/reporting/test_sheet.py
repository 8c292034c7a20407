"""The sheet of slices: in order, in proportion, with outlines apart, and never too large for a page."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from pleura.labels import LUNGS
from pleura.rendering.planes import Plane
from pleura.reporting.sheet import _BYTES, draw_sheet


def plane(value: int, shape: tuple[int, int] = (40, 80), spacing: tuple[float, float] = (2.0, 2.0)) -> Plane:
    labels = np.zeros(shape, np.uint8)
    labels[10:30, 10:30] = 1
    return Plane(np.full(shape, value, np.uint8), labels, spacing, radiological=True)


def pixels(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image).astype(int)


def test_slices_follow_each_other_in_rows() -> None:
    sheet = draw_sheet([plane(value) for value in (0, 60, 120, 180, 240)], (0.0, 255.0), LUNGS, 40)
    assert (sheet.columns, sheet.rows, sheet.width, sheet.height) == (3, 2, 40, 20)
    grey = pixels(sheet.slices)[..., 0]
    assert grey.shape == (40, 120)
    middles = [grey[20 * row + 10, 40 * column + 20] for row in range(2) for column in range(3)]
    np.testing.assert_allclose(middles[:5], (0, 60, 120, 180, 240), atol=8)


def test_slices_keep_the_proportions_of_the_patient() -> None:
    sheet = draw_sheet([plane(9, (40, 40), (4.0, 1.0))], (0.0, 255.0), LUNGS, 80)
    assert (sheet.width, sheet.height) == (20, 80)


def test_outlines_are_transparent_but_for_the_border_of_each_lung() -> None:
    sheet = draw_sheet([plane(200)], (0.0, 255.0), LUNGS, 80)
    drawn = pixels(sheet.outlines)
    assert drawn.shape == (40, 80, 4)
    line = drawn[..., 3] > 0
    assert {tuple(colour) for colour in drawn[line][:, :3]} == {LUNGS[0].colour}
    # 20 x 20 pixels: their border is 4 x 19 long
    assert abs(int(line.sum()) - 76) <= 8
    assert not line[15:25, 15:25].any()


def test_outline_of_a_large_picture_is_wider() -> None:
    widths = [
        int((pixels(draw_sheet([plane(200)], (0.0, 255.0), LUNGS, longest).outlines)[longest // 4, :, 3] > 0).sum())
        for longest in (320, 960)
    ]
    assert widths == [2, 6]  # both sides of the square, one pixel wide and three


def test_noise_and_many_slices_make_slices_smaller_not_the_page_larger() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (60, 512, 512), np.uint8)
    planes = [Plane(one, np.zeros_like(one), (1.0, 1.0), radiological=True) for one in noise]
    sheet = draw_sheet(planes, (0.0, 255.0), LUNGS)
    assert len(sheet.slices) <= _BYTES
    assert sheet.width > 64
