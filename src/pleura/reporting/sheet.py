"""All slices of a scan as one picture, and their outlines as another, for a page on which one slice is shown at a time.

The picture of the slices is lossy and that of the outlines is not and mostly transparent, so that a page can lay it
over the other or leave it out. Both have the slices in rows, from the head down.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pleura.labels import Label
from pleura.rendering.overlay import inner_outline
from pleura.rendering.planes import Plane
from pleura.rendering.window import Window, to_grey
from pleura.reporting.template import webp

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST = 320
"""Pixels of the longer side of a slice at most: what a phone shows, and a screen twice as large."""
_PIXELS = 9_000_000
"""Of a sheet: what phones hold without loading it again and again."""
_BYTES = 640_000
"""Of the slices; with the outlines, the other pictures and a third more for text, a page stays below 1.5 MB."""
QUALITY = 60
"""Of 100: noise is smoothed a little, edges of vessels stay."""


@dataclass(frozen=True)
class Sheet:
    """The slices of a scan in rows.

    Attributes
    ----------
    slices, outlines : WebP
    columns, rows : of slices
    width, height : of one slice in pixels
    """

    slices: bytes
    outlines: bytes
    columns: int
    rows: int
    width: int
    height: int


def draw_sheet(planes: Sequence[Plane], window: Window, structures: Sequence[Label], longest: int = LONGEST) -> Sheet:
    """Return planes of one size as a sheet of at most `_BYTES`; of many slices, or of noise, each is smaller.

    Parameters
    ----------
    planes : in the order in which they are shown
    longest : pixels of the longer side of a slice at most
    """
    size = planes[0].fit(longest, longest)
    shrink = min(1.0, math.sqrt(_PIXELS / (len(planes) * size[0] * size[1])))
    while True:
        width, height = (max(1, int(side * shrink)) for side in size)
        tiles = (_grey(plane, window, (width, height)) for plane in planes)
        slices = webp(_tiled(tiles, len(planes)), quality=QUALITY)
        if len(slices) <= _BYTES or shrink < 0.1:
            break
        # bytes go with the area; a little less, as they fall more slowly than that
        shrink *= 0.95 * math.sqrt(_BYTES / len(slices))
    lines = (_outlines(plane, structures, (width, height)) for plane in planes)
    outlines = webp(_tiled(lines, len(planes)), lossless=True)
    columns = _columns(len(planes))
    return Sheet(slices, outlines, columns, -(-len(planes) // columns), width, height)


def _columns(count: int) -> int:
    return math.ceil(math.sqrt(count))


def _tiled(tiles: Iterator[Image], count: int) -> Image:
    """Return tiles in rows, each pasted as soon as it is made: all of them take as much memory as the sheet again."""
    from PIL import Image

    first = next(tiles)
    width, height = first.size
    columns = _columns(count)
    sheet = Image.new(first.mode, (columns * width, -(-count // columns) * height))
    for number, tile in enumerate(chain([first], tiles)):
        sheet.paste(tile, (number % columns * width, number // columns * height))
    return sheet


def _grey(plane: Plane, window: Window, size: tuple[int, int]) -> Image:
    from PIL import Image

    return Image.fromarray(to_grey(plane.grey, window)).resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _outlines(plane: Plane, structures: Sequence[Label], size: tuple[int, int]) -> Image:
    """Return the outlines of the structures in their colours, transparent elsewhere."""
    from PIL import Image

    drawn: NDArray[np.uint8] = np.zeros((size[1], size[0], 4), np.uint8)
    for label in structures:
        inside = plane.labels == label.value
        if inside.any():
            mask = Image.fromarray(inside.astype(np.uint8) * 255).resize(size, Image.Resampling.BILINEAR)
            drawn[_line(np.asarray(mask) >= 128)] = (*label.colour, 255)
    return Image.fromarray(drawn)


def _line(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the outline of a mask, as wide as it takes to be seen when the picture is as wide as a hand."""
    line = inner_outline(inside)
    for _ in range(max(inside.shape) // LONGEST - 1):
        line = line | inner_outline(inside & ~line)
    return line
