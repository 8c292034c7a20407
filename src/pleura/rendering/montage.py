"""One picture that shows at a glance whether a mask is right: axial slices, a coronal and two sagittal planes.

The lungs are outlined in their own colours over the usual lung window. The picture holds no word about the patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pleura.labels import Label
from pleura.rendering.overlay import draw_overlay
from pleura.rendering.planes import Plane, axial, picture, reformatted
from pleura.rendering.window import Window, display_window, to_grey
from pleura.segmentation import Segmentation
from pleura.volume import Kind

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

_ACROSS, _TILE, _TALL, _PICTURE, _GAP, _LINE, _MARGIN = 4, 300, 330, 768, 4, 26, 10.0
"""Tiles in a row; in pixels the width of a tile and its height at most, the longer side of a single picture, the gap
between tiles, the height of a line of text and the margin beside it."""
_TEXT, _AMBER = (225, 225, 225), (250, 190, 60)
_TINT = 0.10
"""Enough to see which side of an outline is lung, too little to hide what lies in it."""


def render_montage(segmentation: Segmentation) -> Image:
    """Return the planes of a scan in rows, each spread over the whole width, with sizes and warnings below.

    A picture is shown alone; lungs of fewer than four slices without the coronal and sagittal planes.
    """
    from PIL import Image

    window = display_window(segmentation.volume)
    structures = segmentation.structures
    rows = [[draw_plane(plane, size, window, structures) for plane, size in row] for row in _rows(segmentation)]
    width = max(480, *(sum(tile.width + _GAP for tile in row) - _GAP for row in rows))
    heights = [max(tile.height for tile in row) + _GAP for row in rows]
    legend = _legend(segmentation, width)
    canvas = Image.new("RGB", (width, sum(heights) + legend.height))
    top = 0
    for row, height in zip(rows, heights, strict=True):
        free = (width - sum(tile.width for tile in row)) / (len(row) + 1)
        spread = free if free > _GAP else 0.0
        left = spread
        for tile in row:
            canvas.paste(tile, (round(left), top + (height - _GAP - tile.height) // 2))
            left += tile.width + (spread or _GAP)
        top += height
    canvas.paste(legend, (0, top))
    return canvas


def _rows(segmentation: Segmentation) -> list[list[tuple[Plane, tuple[int, int]]]]:
    """Return rows of planes, each with the width and height in pixels at which it is shown."""
    if segmentation.volume.is_picture or segmentation.volume.kind is Kind.RADIOGRAPH:
        plane = picture(segmentation)
        return [[(plane, plane.fit(_PICTURE, _PICTURE))]]
    planes = axial(segmentation, 2 * _ACROSS)
    if len(planes) < _ACROSS:
        return [[(plane, plane.fit(_PICTURE / len(planes), _PICTURE)) for plane in planes]]
    tiles = [(plane, plane.fit(_TILE, _TILE)) for plane in planes]
    across = reformatted(segmentation)
    widths = [plane.fit(np.inf, _TALL)[0] for plane in across]
    shrink = min(1.0, (_ACROSS * _TILE + (_ACROSS - len(across)) * _GAP) / sum(widths))
    last = [(plane, plane.fit(np.inf, _TALL * shrink)) for plane in across]
    return [tiles[:_ACROSS], tiles[_ACROSS:], last] if len(tiles) > _ACROSS else [tiles, last]


def draw_plane(plane: Plane, size: tuple[int, int], window: Window, structures: Sequence[Label]) -> Image:
    """Return a plane at `size`, (width, height) in pixels: in grey, its structures tinted a little and outlined.

    Planes in the radiological view are lettered R at the left and L at the right.
    """
    from PIL import ImageDraw

    outlines = [(plane.labels == label.value, label.colour) for label in structures]
    tile = draw_overlay(to_grey(plane.grey, window), outlines, size, tint=_TINT)
    if plane.radiological:
        draw = ImageDraw.Draw(tile)
        for side, x, anchor in (("R", 5, "la"), ("L", size[0] - 5, "ra")):
            draw.text((x, 3), side, fill=_TEXT, font_size=14, anchor=anchor, stroke_width=2, stroke_fill="black")
    return tile


def _legend(segmentation: Segmentation, width: int) -> Image:
    """Return lines, `width` pixels wide, that name the colours with the size of each lung, and list the warnings."""
    from PIL import Image, ImageDraw, ImageFont

    font, small = ImageFont.load_default(15), ImageFont.load_default(14)
    entries, left, top = [], _MARGIN, _GAP
    for size in segmentation.sizes.sizes:
        text = f"{size.label.name} {size}".replace("cm²", "sq cm")  # the font that Pillow brings has no superscripts
        across = 50 + font.getlength(text)
        if left > _MARGIN and left + across > width:
            left, top = _MARGIN, top + _LINE
        entries.append((size.label.colour, text, left, top))
        left += across
    warnings = [line for one in segmentation.warnings for line in _wrapped(one.message, small, width - 2 * _MARGIN)]
    legend = Image.new("RGB", (width, top + _LINE * (1 + len(warnings)) + _GAP))
    draw = ImageDraw.Draw(legend)
    for colour, text, x, y in entries:
        draw.rectangle((x, y + 5, x + 12, y + 17), fill=colour)
        draw.text((x + 20, y + 2), text, fill=_TEXT, font=font)
    for number, line in enumerate(warnings, start=1):
        draw.text((_MARGIN, top + 2 + number * _LINE), line, fill=_AMBER, font=small)
    return legend


def _wrapped(text: str, font: FreeTypeFont | ImageFont, width: float) -> list[str]:
    """Break a sentence between its words into lines of at most `width` pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
