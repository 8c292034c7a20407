"""A scan with its labels in three planes on one sheet, to be looked at: right red, left green, unknown blue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pleura.rendering import draw_overlay, to_grey

Spacing = tuple[float, float, float]

COLOURS = {1: (255, 60, 60), 2: (60, 255, 60), 255: (70, 130, 255)}


COUNTS = (15, 5, 5)
"""Cuts along z, y and x: slices are where labels go wrong."""

COLUMNS, PIXEL_MM = 5, 1.6
"""Five cuts of a chest, 400 mm across, are 1250 pixels: a screen."""

WINDOW = (-1000, 300)
"""HU from black to white: lung and soft tissue are both seen."""


def sheet(hu: NDArray[Any], labels: NDArray[np.uint8], spacing: Spacing) -> Image.Image:
    """Return axial, coronal and sagittal cuts, evenly spread over the labels."""
    tiles: list[Image.Image] = []
    for axis, count in enumerate(COUNTS):
        used = np.flatnonzero((labels > 0).any(axis=tuple({0, 1, 2} - {axis})))
        first, last = (used[0], used[-1]) if used.size else (0, hu.shape[axis] - 1)
        if axis == 0:
            first, last = max(first - 2, 0), min(last + 2, hu.shape[0] - 1)
        places = np.unique(np.linspace(first, last, count).round().astype(int))
        tiles += [_tile(hu, labels, spacing, axis, int(index)) for index in places]
    width, height = max(tile.width for tile in tiles), max(tile.height for tile in tiles)
    rows = -(-len(tiles) // COLUMNS)
    page = Image.new("RGB", (COLUMNS * (width + 4), rows * (height + 4)))
    for place, tile in enumerate(tiles):
        page.paste(tile, (place % COLUMNS * (width + 4), place // COLUMNS * (height + 4)))
    return page


def _tile(hu: NDArray[Any], labels: NDArray[np.uint8], spacing: Spacing, axis: int, index: int) -> Image.Image:
    """Return one cut with outlines, head up, at `PIXEL_MM` a pixel, its index in the corner."""
    cut, mask = np.take(hu, index, axis), np.take(labels, index, axis)
    steps = [step for place, step in enumerate(spacing) if place != axis]
    if axis:
        cut, mask = cut[::-1], mask[::-1]
    size = (max(1, round(cut.shape[1] * steps[1] / PIXEL_MM)), max(1, round(cut.shape[0] * steps[0] / PIXEL_MM)))
    outlines = [(mask == value, colour) for value, colour in COLOURS.items()]
    tile = draw_overlay(to_grey(cut, WINDOW), outlines, size)
    ImageDraw.Draw(tile).text((3, 2), f"{'zyx'[axis]}{index}", fill=(255, 255, 0))
    return tile


def save(path: Path, hu: NDArray[Any], labels: NDArray[np.uint8], spacing: Spacing) -> None:
    """Write `sheet` as PNG or JPEG."""
    sheet(hu, labels, spacing).save(path)
