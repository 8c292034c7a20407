"""The grid that two DICOM masks of one scan are compared on, where the scan itself is not at hand.

A segmentation holds the grid of the slices that it marks; it is continued, slice by slice, to where the other mask
ends. A structure set holds no grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnsuitableInput
from pleura.reading.dicom.lungs import lung_values, object_class, object_names
from pleura.reading.dicom.references import read_references
from pleura.reading.dicom.rtstruct import contour_points
from pleura.reading.dicom.seg import read_seg
from pleura.reading.dicom.sop_classes import SEGMENTATIONS
from pleura.reading.limits import check_size
from pleura.reading.raw_image import LabelMap


def shared_grid(paths: Sequence[Path]) -> LabelMap:
    """Return an empty mask on a grid that holds the lungs of all objects.

    Raises
    ------
    UnreadableInput : an object is damaged
    UnsuitableInput : none is a segmentation (`no-grid`), they lie in different frames of reference
        (`other-frame-of-reference`), or one marks no lung (`no-structure`)
    """
    first = next((path for path in paths if object_class(path) in SEGMENTATIONS), None)
    if first is None:
        text = "both are structure sets, and neither holds the grid of the scan; write one as NIfTI: pleura convert"
        raise UnsuitableInput(text, code="no-grid")
    frames = [found for path in paths if (found := read_references(path).frames)]
    if frames and not frozenset.intersection(*frames):
        text = "the two masks lie in different frames of reference: they are of different scans"
        raise UnsuitableInput(text, code="other-frame-of-reference")
    own = read_seg(first, lung_values(object_names(first)))
    if not own.placed:
        return own
    to_slices = np.linalg.inv(own.affine)[0]
    points = np.concatenate([_extent(path) for path in paths])
    heights = np.rint(points @ to_slices[:3] + to_slices[3]) if len(points) else np.zeros(1)
    low, high = int(min(heights.min(), 0)), int(max(heights.max(), own.voxels.shape[0] - 1))
    shape = (high - low + 1, *own.voxels.shape[1:])
    check_size(shape, 1, sum(path.stat().st_size for path in paths))
    affine = own.affine.copy()
    affine[:3, 3] += low * affine[:3, 0]
    return LabelMap(np.zeros(shape, np.uint8), affine)


def _extent(path: Path) -> NDArray[np.float64]:
    """Return points (n, 3) in millimetres between which the lungs of an object lie."""
    wanted = lung_values(object_names(path))
    if object_class(path) not in SEGMENTATIONS:
        return contour_points(path, wanted)
    found = read_seg(path, wanted)
    ends = np.array([(0, 0, 0), (found.voxels.shape[0] - 1, 0, 0)])
    return ends @ found.affine[:3, :3].T + found.affine[:3, 3]
