"""Draw the outlines of masks over a slice: the one way in which previews, reports and training samples do it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array

if TYPE_CHECKING:
    from PIL.Image import Image

Colour = tuple[int, int, int]

REFERENCE_COLOUR: Colour = (255, 210, 0)
PREDICTION_COLOUR: Colour = (230, 70, 60)
"""Yellow and red, which differ in brightness too, for those to whom both are one hue."""


def inner_outline(inside: Array) -> NDArray[np.bool_]:
    """Return the pixels (y, x) of a mask that touch one outside it by an edge; beyond the picture is outside."""
    mask = np.pad(inside != 0, 1)
    core = mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    outline: NDArray[np.bool_] = mask[1:-1, 1:-1] & ~core
    return outline


def draw_overlay(
    grey: NDArray[np.uint8],
    outlines: Iterable[tuple[Array, Colour]],
    size: tuple[int, int] | None = None,
    *,
    tint: float = 0.0,
) -> Image:
    """Return a slice in grey with the outlines of masks, each over those before it.

    Parameters
    ----------
    grey : (y, x)
    outlines : masks (y, x), inside where not zero, each with its colour
    size : width and height of the picture in pixels; those of the slice if None
    tint : 0..1, how much of its colour the inside of a mask takes
    """
    from PIL import Image, ImageChops, ImageFilter

    size = size or (grey.shape[1], grey.shape[0])
    picture = Image.fromarray(grey).resize(size, Image.Resampling.BICUBIC).convert("RGB")
    double = (2 * size[0], 2 * size[1])
    for inside, colour in outlines:
        mask = Image.fromarray((inside != 0).astype(np.uint8) * 255)
        # Drawn at twice the size and halved, the outline is smooth and one and a half pixels thin.
        mask = mask.resize(double, Image.Resampling.BILINEAR).point(lambda value: 255 * (value >= 128))
        core = mask.filter(ImageFilter.BoxBlur(3)).point(lambda value: 255 * (value == 255))
        if tint:
            picture.paste(colour, mask=mask.resize(size).point(lambda value: int(value * tint)))
        picture.paste(colour, mask=ImageChops.subtract(mask, core).resize(size, Image.Resampling.BOX))
    return picture
