"""The pictures on the page of a scan: slices that stand out, planes through the lungs, every slice to step through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pleura.geometry import axial_order, axial_spacing
from pleura.rendering import display_window
from pleura.rendering.montage import draw_plane
from pleura.rendering.planes import Plane, axial_at, axial_levels, picture, reformatted
from pleura.reporting.sheet import Sheet, draw_sheet
from pleura.reporting.template import data_uri, webp
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Volume

_TILES, _TILE, _TALL, _PICTURE = 8, 300, 330, 1024
"""Axial slices of the montage, two rows of four; pixels of the longer side of each, which is half as much again as it
takes on a desk, and of the height of other planes; those of a radiograph, whose one picture fills the page."""
_MOST_SLICES = 300
"""Slices that can be stepped through: of more, each would have less than 173 pixels on a sheet that a phone holds. Then
every second or third is there, and each that stands out."""
_MOST_FLAGGED = 4
"""Slices that stand out which the montage shows by themselves: a row."""


@dataclass(frozen=True)
class Slice:
    """A slice that can be stepped to.

    Attributes
    ----------
    level : counted from the feet, from 0
    number : in the scan, from 1
    words : what it is called
    flags : why it should be looked at
    """

    level: int
    number: int
    words: str
    flags: tuple[str, ...] = ()


def pictures(segmentation: Segmentation) -> dict[str, Any]:
    """Return the montage and the sheet of all slices."""
    if segmentation.volume.is_picture or segmentation.volume.kind is Kind.RADIOGRAPH:
        plane = picture(segmentation)
        sheet = draw_sheet([plane], display_window(segmentation.volume), segmentation.structures, _PICTURE)
        return {"sheet": _sheet_data(sheet), "slices": [], "montage": [], "radiological": False}
    slices = _slices(segmentation)
    planes = axial_at(segmentation, [one.level for one in slices])
    sheet = draw_sheet(planes, display_window(segmentation.volume), segmentation.structures)
    return {
        "sheet": _sheet_data(sheet),
        "slices": slices,
        "montage": list(montage(segmentation, _TILES)),
        "radiological": True,
    }


def _sheet_data(sheet: Sheet) -> dict[str, Any]:
    return {**asdict(sheet), "slices": data_uri(sheet.slices), "outlines": data_uri(sheet.outlines)}


def _slices(segmentation: Segmentation) -> list[Slice]:
    """Return the slices that are stepped through, from the head down."""
    count = _levels(segmentation.volume)
    flagged = _flagged(segmentation)
    step = -(-count // _MOST_SLICES)
    chosen = sorted({*range(count - 1, -1, -step), *flagged}, reverse=True)
    return [_slice(segmentation.volume, level, flagged) for level in chosen]


def _levels(volume: Volume) -> int:
    return volume.shape[axial_order(volume.affine)[0][0]]


def _flagged(segmentation: Segmentation) -> dict[int, tuple[str, ...]]:
    """Return level -> what stands out there, the gravest first."""
    volume = segmentation.volume
    found: dict[int, tuple[str, ...]] = {}
    upside_down = axial_order(volume.affine)[1][0]
    for flag in segmentation.quality.flags if segmentation.quality else ():
        for index in flag.slices:
            level = _levels(volume) - 1 - index if upside_down else index
            found[level] = (*found.get(level, ()), flag.message)
    return found


def _slice(volume: Volume, level: int, flagged: Mapping[int, tuple[str, ...]]) -> Slice:
    count = _levels(volume)
    number = count - level if axial_order(volume.affine)[1][0] else level + 1
    words = f"slice {number} of {count}"
    if volume.spacing_known:
        words += f", {axial_spacing(volume.affine)[0] * (count - 1 - level):.0f} mm from the top"
    return Slice(level, number, words, flagged.get(level, ()))


def montage(segmentation: Segmentation, count: int) -> Iterator[dict[str, Any]]:
    """Yield the pictures of a scan: slices that stand out, `count` axial slices, a coronal and two sagittal planes.

    Of a picture, and of a radiograph, it is that alone.
    """
    if segmentation.volume.is_picture or segmentation.volume.kind is Kind.RADIOGRAPH:
        yield {**_drawn(segmentation, picture(segmentation)), "words": "the picture", "why": ""}
        return
    flagged = _flagged(segmentation)
    worst = list(flagged)[:_MOST_FLAGGED]
    levels = [*worst, *axial_levels(segmentation, count)]
    for level, plane in zip(levels, axial_at(segmentation, levels), strict=True):
        one = _slice(segmentation.volume, level, flagged)
        yield {**_drawn(segmentation, plane), "words": f"axial, {one.words}", "why": "; ".join(one.flags)}
    names = ("coronal, through the middle", "sagittal, through the right lung", "sagittal, through the left lung")
    for plane, name in zip(reformatted(segmentation), names, strict=True):
        yield {**_drawn(segmentation, plane), "words": name, "why": ""}


def _drawn(segmentation: Segmentation, plane: Plane) -> dict[str, Any]:
    size = plane.fit(_TILE * 1.5, _TALL)
    window = display_window(segmentation.volume)
    return {
        "source": data_uri(webp(draw_plane(plane, size, window, segmentation.structures))),
        "width": size[0],
        "height": size[1],
    }
