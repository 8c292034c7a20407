"""Draw `overview.webp`, the first picture of the README: slices of a CT and a radiograph, both lungs outlined.

    python docs/images/overview.py SCAN RADIOGRAPH

The CT shown is LIDC-IDRI-0001 (The Cancer Imaging Archive, CC BY 3.0), the radiograph is of Kermany, Zhang and Goldbaum
(CC BY 4.0).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import pleura
from pleura.rendering import display_window
from pleura.rendering.montage import draw_plane
from pleura.rendering.planes import Plane, axial, picture, reformatted

HEIGHT, GAP = 380, 10
CORNER = 12
MARGIN = 22.0
"""Millimetres shown around the lungs, so that the wall of the chest is in the picture."""


def main() -> None:
    """Segment both and paste four planes beside each other."""
    scan, radiograph = (pleura.segment(path) for path in sys.argv[1:])
    slices = axial(scan, 8)
    planes = [(scan, cropped(plane)) for plane in (slices[2], slices[4], reformatted(scan)[0])]
    planes.append((radiograph, picture(radiograph)))
    tiles = []
    for result, plane in planes:
        window = display_window(result.volume)
        tiles.append(rounded(draw_plane(plane, plane.fit(np.inf, HEIGHT), window, result.structures)))
    canvas = Image.new("RGBA", (sum(tile.width + GAP for tile in tiles) - GAP, HEIGHT))
    left = 0
    for tile in tiles:
        canvas.paste(tile, (left, 0))
        left += tile.width + GAP
    canvas.save(Path(__file__).with_name("overview.webp"), quality=88, method=6)


def cropped(plane: Plane) -> Plane:
    """Return the part of a plane that holds the lungs, with a margin."""
    ranges = []
    for axis, step in enumerate(plane.spacing):
        found = np.flatnonzero(plane.labels.any(axis=1 - axis))
        margin = round(MARGIN / step)
        ranges.append(slice(max(0, int(found[0]) - margin), int(found[-1]) + margin))
    rows, columns = ranges
    return Plane(plane.grey[rows, columns], plane.labels[rows, columns], plane.spacing, plane.radiological)


def rounded(tile: Image.Image) -> Image.Image:
    """Return a tile with rounded corners."""
    mask = Image.new("L", tile.size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, tile.width - 1, tile.height - 1), CORNER, fill=255)
    tile.putalpha(mask)
    return tile


if __name__ == "__main__":
    main()
