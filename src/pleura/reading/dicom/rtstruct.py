"""An RT structure set drawn into the slices of its image: polygons filled by even and odd, so that holes stay holes.

A pixel is inside where its centre is. A contour within another, and the keyhole that joins the two, cut a hole alike.

References: DICOM PS3.3 section C.8.8.6 (ROI Contour); the even-odd rule, Foley et al., Computer Graphics, 2nd ed., 3.6.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.reading.dicom.dataset import quiet_dcmread
from pleura.reading.raw_image import LabelMap
from pleura.volume import FARTHEST, Volume

_OBLIQUE = 0.25
"""Slices by which the points of one contour may differ in height."""


def structure_names(path: Path) -> dict[int, str]:
    """Return number -> name of the structures that have contours.

    Raises
    ------
    UnreadableInput : the object is damaged
    """
    return {number: name for number, (name, _) in _structures(path).items()}


def read_rtstruct(path: Path, volume: Volume, wanted: Collection[int]) -> LabelMap:
    """Draw structures of a structure set into the grid of an image.

    Parameters
    ----------
    wanted : numbers of the structures to draw; what lies over them, such as the body's outline, is left out

    Returns
    -------
    LabelMap : structure numbers on the volume's own grid; where structures overlap, the smaller one

    Raises
    ------
    UnreadableInput : the object is damaged
    UnsuitableInput : the contours do not lie in the slices of the image (`contours-oblique`)
    """
    drawn = [
        (number, _planes(contours, volume)) for number, (_, contours) in _structures(path).items() if number in wanted
    ]
    voxels = np.zeros(volume.shape, np.int32)
    for number, planes in sorted(drawn, key=lambda one: -sum(map(np.count_nonzero, one[1].values()))):
        for k, inside in planes.items():
            voxels[k][inside] = number
    return LabelMap(voxels, volume.affine)


def _planes(contours: list[NDArray[np.float64]], volume: Volume) -> dict[int, NDArray[np.bool_]]:
    """Return slice -> pixels inside the contours of one structure."""
    to_index = np.linalg.inv(volume.affine)
    polygons: dict[int, list[NDArray[np.float64]]] = defaultdict(list)
    for points in contours:
        indices = points @ to_index[:3, :3].T + to_index[:3, 3]
        if np.ptp(indices[:, 0]) > _OBLIQUE:
            raise UnsuitableInput("contours are not drawn in the slices of the image", code="contours-oblique")
        polygons[int(np.rint(indices[:, 0].mean()))].append(indices[:, 1:])
    depth, *plane = volume.shape
    return {k: even_odd(found, tuple(plane)) for k, found in polygons.items() if 0 <= k < depth}


def even_odd(polygons: list[NDArray[np.float64]], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return the pixels (rows, columns) whose centre is inside an odd number of polygons.

    Parameters
    ----------
    polygons : (n, 2) corners as (row, column), each closed from its last corner to its first
    shape : rows, columns

    An edge toggles, in each row it crosses, every pixel at and right of the crossing; rows count from the upper end of
    an edge up to, but without, its lower one, so that a corner is never counted twice.
    """
    rows, columns = shape
    toggled = np.zeros((rows, columns + 1), bool)
    for corners in polygons:
        for (r0, c0), (r1, c1) in zip(corners, np.roll(corners, -1, 0), strict=True):
            low, high = sorted((r0, r1))
            crossed = np.arange(max(0, int(np.ceil(low))), min(rows, int(np.ceil(high))))
            if crossed.size:
                across = c0 + (crossed - r0) * (c1 - c0) / (r1 - r0)
                toggled[crossed, np.clip(np.ceil(across), 0, columns).astype(int)] ^= True
    inside: NDArray[np.bool_] = np.logical_xor.accumulate(toggled, axis=1)[:, :columns]
    return inside


def _structures(path: Path) -> dict[int, tuple[str, list[NDArray[np.float64]]]]:
    """Return number -> name and closed contours of three corners or more, (n, 3) LPS millimetres."""
    with quiet_dcmread(path, damaged="the structure set is damaged") as dataset:
        names = {int(roi.ROINumber): str(roi.get("ROIName", "")) for roi in dataset.StructureSetROISequence}
        drawn = {int(roi.ReferencedROINumber): _contours(roi) for roi in dataset.ROIContourSequence}
    return {number: (names.get(number, ""), drawn[number]) for number in sorted(drawn) if number > 0 and drawn[number]}


def _contours(structure: Any) -> list[NDArray[np.float64]]:
    found = []
    for contour in structure.get("ContourSequence") or []:
        kind = str(contour.get("ContourGeometricType", "CLOSED_PLANAR"))
        points = np.array(contour.ContourData, np.float64).reshape(-1, 3)
        if not (np.abs(points) < FARTHEST).all():
            raise UnreadableInput("a contour of the structure set lies nowhere", code="damaged")
        if kind.startswith("CLOSED") and len(points) > 2:
            found.append(points)
    return found
