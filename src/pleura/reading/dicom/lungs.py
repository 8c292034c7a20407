"""The lungs that a DICOM segmentation or structure set marks, found by the names that it gives."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from pleura.errors import PleuraError, UnsuitableInput
from pleura.file_format import Format, detect_format
from pleura.geometry import SAME_GRID
from pleura.labels import LEFT, LUNG, RIGHT, renumbered, side_of
from pleura.reading.alignment import on_image
from pleura.reading.dicom.dataset import quiet_dcmread
from pleura.reading.dicom.rtstruct import read_rtstruct, structure_names
from pleura.reading.dicom.seg import read_seg, segment_names
from pleura.reading.dicom.sop_classes import SEGMENTATIONS, STRUCTURE_SET
from pleura.reading.raw_image import LabelMap
from pleura.volume import Note, Volume


def object_class(path: Path) -> str:
    """Return the SOP class of a segmentation or structure set, "" for any other file and what cannot be read."""
    try:
        if detect_format(path) != (Format.DICOM, False):
            return ""
        with quiet_dcmread(path, specific_tags=["SOPClassUID"], stop_before_pixels=True) as header:
            found = str(header.get("SOPClassUID", ""))
    except (PleuraError, OSError):  # reading it says what is wrong
        return ""
    return found if found in SEGMENTATIONS | {STRUCTURE_SET} else ""


_MOST_NAMED = 8
"""Structures that a sentence lists."""


def object_names(path: Path) -> dict[int, str]:
    """Return number -> name of what a segmentation or structure set marks."""
    return structure_names(path) if object_class(path) == STRUCTURE_SET else segment_names(path)


def lung_values(names: Mapping[int, str]) -> dict[int, int]:
    """Return number -> value of what is lung by its name: RIGHT and LEFT where both have names of their own, else 1.

    One lung whose name has a side, beside what has none, is a part of one lung of two.

    Raises
    ------
    UnsuitableInput : no name is one of a lung (`no-structure`)
    """
    sides = {number: side_of(name) for number, name in names.items()}
    sided = {number: side for number, side in sides.items() if side in {RIGHT, LEFT}}
    both = {number: LUNG for number, side in sides.items() if side == 0}
    if not sided and not both:
        raise UnsuitableInput(
            "it marks nothing that is called a lung; name structures Lung_R and Lung_L, or Lungs", code="no-structure"
        )
    if {RIGHT, LEFT} <= set(sided.values()) or not both:
        return sided
    return both | dict.fromkeys(sided, LUNG)  # of one side alone, the name of the other may not be understood


def names_left_out(names: Collection[str]) -> tuple[Note, ...]:
    """Return a note that lists names which are none of a lung's."""
    if not names:
        return ()
    listed = sorted(names)[:_MOST_NAMED]
    more = f" and {len(names) - len(listed)} more" if len(names) > len(listed) else ""
    return (Note("names-left-out", f"no lung by name, so left out of the masks: {', '.join(listed)}{more}"),)


def read_object(path: Path, volume: Volume, wanted: Collection[int]) -> LabelMap:
    """Read structures of a segmentation or structure set: where its planes are those of an image, on their grid.

    Raises
    ------
    UnreadableInput : the object is damaged
    UnsuitableInput : its contours do not lie in the slices of the image (`contours-oblique`), or outside of it
        (`mask-elsewhere`); its planes are not evenly spaced (`irregular-spacing`)
    """
    if object_class(path) == STRUCTURE_SET:
        return read_rtstruct(path, volume, wanted)
    return read_seg(path, wanted, volume)


def read_lungs(path: Path, grid: LabelMap) -> LabelMap:
    """Read the lungs of a segmentation or structure set on the grid of another mask of the same scan.

    Parameters
    ----------
    grid : the other mask; a segmentation may leave out empty slices of it, contours have no grid of their own

    Raises
    ------
    UnreadableInput : the object is damaged
    UnsuitableInput : it marks no lung (`no-structure`), lies on other voxels than the grid (`grid-mismatch`), or is
        drawn across the slices (`contours-oblique`)
    """
    values = lung_values(object_names(path))
    volume = Volume(grid.voxels, grid.affine)
    if object_class(path) == STRUCTURE_SET:
        drawn = read_rtstruct(path, volume, values)
        return LabelMap(renumbered(drawn.voxels, values), grid.affine, notes=drawn.notes)
    segments = read_seg(path, values)
    _refuse_other_voxels(segments, grid)
    voxels, notes = on_image(segments.voxels.astype(np.int32), segments, volume)
    if any(note.code == "mask-cut" for note in notes):
        raise UnsuitableInput(
            "the segmentation reaches beyond the other mask; bring both onto their scan with pleura convert",
            code="grid-mismatch",
        )
    return LabelMap(renumbered(voxels, values), grid.affine)


def _refuse_other_voxels(segments: LabelMap, grid: LabelMap) -> None:
    """Refuse a segmentation whose voxels do not lie on those of the grid, whole steps aside."""
    to_grid = np.linalg.inv(grid.affine) @ segments.affine
    last = np.array([*np.subtract(segments.voxels.shape, 1), 1])
    off = max(np.abs(at - np.rint(at)).max() for at in (to_grid[:3, 3], (to_grid @ last)[:3]))
    if off > SAME_GRID:
        text = f"the voxels of the segmentation lie {off:.1f} voxels beside those of the other"
        raise UnsuitableInput(text, code="grid-mismatch")
