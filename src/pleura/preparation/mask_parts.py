"""A mask that comes as a file for each lung, or for each lobe, joined to one label map of right and left lung.

So come the masks of Montgomery County (`leftMask/a.png`, `rightMask/a.png`) and of TotalSegmentator
(`segmentations/lung_upper_lobe_left.nii.gz`), and DICOM segmentations of one lung each.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from pleura.errors import UnsuitableInput
from pleura.geometry import same_grid
from pleura.labels import LEFT, RIGHT, side_of
from pleura.preparation.label_mapping import to_integer_labels
from pleura.reading.alignment import on_image
from pleura.reading.dicom.lungs import object_names, read_object
from pleura.reading.labelmap import read_label_map
from pleura.reading.raw_image import LabelMap
from pleura.volume import Note, Volume

_MOST_SHARED = 0.1
"""Share of the smaller lung that the other may cover; more means that the files do not hold one lung each."""


def read_parts(parts: Sequence[tuple[int, Path]]) -> LabelMap:
    """Read files that each hold a part of the lung on one side.

    Parameters
    ----------
    parts : side, as in `pleura.labels`, and file; both sides are there

    Returns
    -------
    LabelMap : the sides as values; a voxel that both lungs cover is the left one's

    Raises
    ------
    UnsuitableInput : the files lie on different grids, or the two lungs cover each other (`parts-differ`)
    PleuraError : as `pleura.reading.labelmap.read_label_map` does
    """
    masks = (read_label_map(path) for _, path in parts)
    first = next(masks)
    lungs = {side: np.zeros(first.voxels.shape, bool) for side in (RIGHT, LEFT)}
    for (side, _), part in zip(parts, chain([first], masks), strict=True):
        if not same_grid(first.voxels.shape, first.affine, part.voxels.shape, part.affine):
            raise UnsuitableInput("the masks of the two lungs lie on different grids", code="parts-differ")
        lungs[side] |= to_integer_labels(part) > 0
    right, left = lungs[RIGHT], lungs[LEFT]
    if (right & left).sum() > _MOST_SHARED * min(right.sum(), left.sum()):
        raise UnsuitableInput("the masks of the two lungs cover each other", code="parts-differ")
    voxels = np.where(left, LEFT, np.where(right, RIGHT, 0)).astype(np.uint8)
    return LabelMap(voxels, first.affine, placed=first.placed, is_picture=first.is_picture)


def read_object_parts(parts: Sequence[tuple[int, Path]], volume: Volume) -> LabelMap:
    """Read DICOM segmentations and structure sets that each hold the lung of one side, on the grid of their scan.

    Parameters
    ----------
    parts : side, as in `pleura.labels`, and file

    Returns
    -------
    LabelMap : the sides as values; a voxel that both lungs cover is the left one's

    Raises
    ------
    PleuraError : as `read_object` and `on_image` do
    """
    voxels = np.zeros(volume.shape, np.uint8)
    notes: list[Note] = []
    for side, path in sorted(parts):
        part = read_object(path, volume, [n for n, name in object_names(path).items() if side_of(name) == side])
        placed, more = on_image(part.voxels, part, volume)
        voxels[placed > 0] = side
        notes += [*part.notes, *more]
    return LabelMap(voxels, volume.affine, notes=tuple(dict.fromkeys(notes)))
