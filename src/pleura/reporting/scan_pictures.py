"""The pictures on the page of a scan: slices that stand out, planes through the lungs, every slice to step through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import numpy as np

from pleura.geometry import axial_order, axial_spacing
from pleura.rendering import display_window
from pleura.rendering.montage import draw_plane
from pleura.rendering.planes import SIDES, Plane, axial_at, axial_levels, picture, reformatted, values_of
from pleura.reporting.sheet import Sheet, draw_sheet
from pleura.reporting.template import data_uri, webp
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Volume

_TILES, _TILE, _TALL, _PICTURE = 12, 300, 330, 1024
"""Axial slices of the montage, whole rows of two, three or four as the page is wide; pixels of the longer side of each,
which is half as much again as it takes on a desk, and of the height of other planes; those of a radiograph, whose one
picture fills the page."""
_MOST_SLICES = 300
"""Slices that can be stepped through: of more, each would have less than 173 pixels on a sheet that a phone holds. Then
every second or third is there, and each that stands out."""
_MOST_FLAGGED = 4
"""Slices that stand out with which the montage begins: a row."""


@dataclass(frozen=True)
class Slice:
    """A slice that can be stepped to.

    Attributes
    ----------
    level : counted from the feet, from 0
    number : counted from the head, from 1, as the slices are shown
    caption : what it is called
    words : the same with its index
    flags : why it should be looked at
    """

    level: int
    number: int
    caption: str
    words: str
    flags: tuple[str, ...] = ()


def pictures(segmentation: Segmentation) -> dict[str, object]:
    """Return the montage and the sheet of all slices."""
    if segmentation.volume.is_picture or segmentation.volume.kind is Kind.RADIOGRAPH:
        plane = picture(segmentation)
        sheet = draw_sheet([plane], display_window(segmentation.volume), segmentation.structures, _PICTURE)
        return {"sheet": _sheet_data(sheet), "slices": [], "worst": [], "montage": [], "radiological": False}
    slices = _slices(segmentation)
    planes = axial_at(segmentation, [one.level for one in slices])
    sheet = draw_sheet(planes, display_window(segmentation.volume), segmentation.structures)
    return {
        "sheet": _sheet_data(sheet),
        "slices": slices,
        "worst": [next(k for k, one in enumerate(slices) if one.level == level) for level in _flagged(segmentation)],
        "montage": montage(segmentation, _TILES, _MOST_FLAGGED),
        "radiological": True,
    }


def _sheet_data(sheet: Sheet) -> dict[str, object]:
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
    """Return level -> what stands out there; the levels of the gravest first, and of these the worst."""
    volume = segmentation.volume
    found: dict[int, tuple[str, ...]] = {}
    for flag in segmentation.quality.flags if segmentation.quality else ():
        for index in flag.slices:
            level = _other_way(volume, index)
            found[level] = (*found.get(level, ()), flag.message)
    return found


def _other_way(volume: Volume, position: int) -> int:
    """Return the level at an index of the array, or the index of a level; both are counted from 0."""
    return _levels(volume) - 1 - position if axial_order(volume.affine)[1][0] else position


def _slice(volume: Volume, level: int, flagged: Mapping[int, tuple[str, ...]]) -> Slice:
    count = _levels(volume)
    caption = f"slice {count - level} of {count}"
    if volume.spacing_known:
        caption += f", {axial_spacing(volume.affine)[0] * (count - 1 - level):.0f} mm from the top"
    words = f"{caption}, index {_other_way(volume, level)}"
    return Slice(level, count - level, caption, words, flagged.get(level, ()))


def montage(segmentation: Segmentation, count: int, most_flagged: int = 0) -> list[list[dict[str, object]]]:
    """Return the pictures of a scan in groups: `count` axial slices, then a coronal and two sagittal planes.

    Of the axial slices up to `most_flagged` are of those that stand out and come first; the others are spread over the
    lungs, and none is there twice. Of a picture, and of a radiograph, it is that alone.
    """
    if segmentation.volume.is_picture or segmentation.volume.kind is Kind.RADIOGRAPH:
        return [[{**_drawn(segmentation, picture(segmentation)), "words": "the picture", "why": ""}]]
    flagged = _flagged(segmentation)
    worst = list(flagged)[:most_flagged]
    levels = [*worst, *axial_levels(segmentation, count - len(worst), worst)]
    slices = [_slice(segmentation.volume, level, flagged) for level in levels]
    axial = [
        {**_drawn(segmentation, plane), "words": one.caption, "why": "; ".join(one.flags)}
        for one, plane in zip(slices, axial_at(segmentation, levels), strict=True)
    ]
    others = [{**_drawn(segmentation, plane), "words": name, "why": ""} for plane, name in _reformatted(segmentation)]
    return [axial, others]


def _reformatted(segmentation: Segmentation) -> Iterator[tuple[Plane, str]]:
    """Yield a coronal and two sagittal planes, each with what it is called: through a lung where it shows one."""
    coronal, *sagittal = reformatted(segmentation)
    yield coronal, "coronal, through the middle"
    for plane, (side, _) in zip(sagittal, SIDES, strict=True):
        is_marked = np.isin(plane.labels, values_of(segmentation.structures, side)).any()
        yield plane, f"sagittal, through the {side} lung" if is_marked else f"sagittal, in the {side} half"


def _drawn(segmentation: Segmentation, plane: Plane) -> dict[str, object]:
    size = plane.fit(_TILE * 1.5, _TALL)
    window = display_window(segmentation.volume)
    return {
        "source": data_uri(webp(draw_plane(plane, size, window, segmentation.structures))),
        "width": size[0],
        "height": size[1],
    }
