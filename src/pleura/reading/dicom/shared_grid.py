"""The grid that two DICOM masks of one scan are compared on, where the scan itself is not at hand.

A segmentation holds the grid of the slices that it marks; it is continued, slice by slice, to where the other mask
ends. Structure sets hold no grid: two of them are drawn in pixels of a millimetre on the planes of their contours.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnsuitableInput
from pleura.reading.dicom.lungs import lung_values, object_class, object_names
from pleura.reading.dicom.references import read_references
from pleura.reading.dicom.rtstruct import contour_corners
from pleura.reading.dicom.seg import read_seg
from pleura.reading.dicom.sop_classes import SEGMENTATIONS
from pleura.reading.limits import check_size
from pleura.reading.raw_image import LabelMap
from pleura.volume import Affine, Note

_PIXEL = 1.0
"""Millimetres of a pixel where there are only contours: about those of a planning CT, 0.8 to 1.3 mm."""
_SAME_PLANE = 0.01
"""Millimetres between planes that rounding in a file makes."""


def shared_grid(paths: Sequence[Path]) -> LabelMap:
    """Return an empty mask on a grid that holds the lungs of all objects.

    Raises
    ------
    UnreadableInput : an object is damaged
    UnsuitableInput : they lie in different frames of reference (`other-frame-of-reference`), or one marks no lung
        (`no-structure`)
    """
    frames = [found for path in paths if (found := read_references(path).frames)]
    if frames and not frozenset.intersection(*frames):
        text = "the two masks lie in different frames of reference: they are of different scans; give two of one"
        raise UnsuitableInput(text, code="other-frame-of-reference")
    first = next((path for path in paths if object_class(path) in SEGMENTATIONS), None)
    if first is None:
        return _grid_of_contours(paths)
    own = read_seg(first, lung_values(object_names(first)))
    if not own.placed:
        return own
    to_slices = np.linalg.inv(own.affine)[0]
    heights = np.rint(np.concatenate([_extent(path) for path in paths]) @ to_slices[:3] + to_slices[3])
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
        return np.concatenate(contour_corners(path, wanted))
    found = read_seg(path, wanted)
    ends = np.array([(0, 0, 0), (found.voxels.shape[0] - 1, 0, 0)])
    return ends @ found.affine[:3, :3].T + found.affine[:3, 3]


def _grid_of_contours(paths: Sequence[Path]) -> LabelMap:
    """Return an empty mask on the planes that contours of structure sets lie in, as far apart as those do."""
    contours = [contour_corners(path, lung_values(object_names(path))) for path in paths]
    every = [corners for found in contours for corners in found]
    ways = _ways(every)
    steps = np.array([min(_step(found, ways[0]) for found in contours), _PIXEL, _PIXEL])
    points = np.concatenate(every) @ ways.T
    margin = np.array([0, _PIXEL, _PIXEL])
    low, high = points.min(0) - margin, points.max(0) + margin
    depth, rows, columns = (np.rint((high - low) / steps) + 1).astype(int).tolist()
    check_size((depth, rows, columns), 1, sum(path.stat().st_size for path in paths))
    affine: Affine = np.eye(4)
    affine[:3, :3] = ways.T * steps
    affine[:3, 3] = low @ ways
    text = "both masks are contours, and no grid of their scan is at hand: compared in pixels of 1 mm"
    return LabelMap(np.zeros((depth, rows, columns), np.uint8), affine, notes=(Note("grid-of-contours", text),))


def _ways(contours: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the directions (3, 3) of slices, rows and columns of the planes that contours lie in, LPS."""
    within = np.concatenate([corners - corners.mean(0) for corners in contours])
    normal = np.linalg.eigh(within.T @ within)[1][:, 0]  # in which they extend least
    normal *= np.sign(normal[np.argmax(np.abs(normal))])
    across = np.eye(3)[int(np.argmin(np.abs(normal)))]
    columns = across - normal * (across @ normal)
    columns /= np.linalg.norm(columns)
    return np.stack([normal, np.cross(normal, columns), columns])


def _step(contours: Sequence[NDArray[np.float64]], normal: NDArray[np.float64]) -> float:
    """Return how many millimetres planes lie apart; one where there is a single plane."""
    gaps = np.diff(np.sort([float((corners @ normal).mean()) for corners in contours]))
    gaps = gaps[gaps > _SAME_PLANE]
    return float(np.median(gaps)) if gaps.size else 1.0
