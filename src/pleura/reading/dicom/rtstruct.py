"""An RT structure set drawn into the slices of an image: the pixels whose centres its contours surround.

A hole may be a keyhole of its outline, a contour of the type CLOSEDPLANAR_XOR, or, as many programs write it against
the standard, a plain contour within another: each is a hole here. Plain contours that overlap otherwise are joined.

References: DICOM PS3.3 sections C.8.8.6 (ROI Contour) and C.8.8.6.3 (inner and outer contours).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.reading.alignment import notes_of_cut
from pleura.reading.dicom.dataset import quiet_dcmread
from pleura.reading.polygons import Region, fill_even_odd, join_regions
from pleura.reading.raw_image import LabelMap
from pleura.volume import FARTHEST, Volume

_OBLIQUE = 0.25
"""Slices by which the points of one contour may differ in height."""
_SAME_PLANE = 0.05
"""Slices by which contours of one plane may differ in height: rounding in the file, never a slice of its own."""
_ON_EDGE = 0.01
"""Slices by which a slice may miss the slab of a contour and still count as in it: rounding again."""
_FEWEST_GAPS = 3
"""Gaps between the planes of one structure that tell how far its planes lie apart, not where it has parts."""
_DATA, _XOR = 0x30060050, "CLOSEDPLANAR_XOR"
_DAMAGED = "the structure set is damaged"


@dataclass(frozen=True)
class _Contour:
    """A closed contour: (n, 3) corners in LPS millimetres, and whether it is combined by exclusive or."""

    points: NDArray[np.float64]
    exclusive: bool


def structure_names(path: Path) -> dict[int, str]:
    """Return number -> name of the structures that have contours.

    Raises
    ------
    UnreadableInput : the object is damaged
    """
    with quiet_dcmread(path, damaged=_DAMAGED) as dataset:
        names = {int(roi.ROINumber): str(roi.get("ROIName", "")) for roi in dataset.StructureSetROISequence}
        drawn = {int(roi.ReferencedROINumber) for roi in dataset.ROIContourSequence if any(_closed(roi))}
    return {number: names.get(number, "") for number in sorted(drawn) if number > 0}


def read_rtstruct(path: Path, volume: Volume, wanted: Collection[int]) -> LabelMap:
    """Draw structures of a structure set into the grid of an image.

    A contour stands for the slab around it, as thick as contours of the set lie apart; a slice gets the nearest contour
    whose slab it lies in.

    Parameters
    ----------
    wanted : numbers of the structures to draw; what lies over them, such as the body's outline, is left out

    Returns
    -------
    LabelMap : structure numbers on the volume's own grid; where structures overlap, the smaller one

    Raises
    ------
    UnreadableInput : the object is damaged
    UnsuitableInput : the contours do not lie in the slices of the image (`contours-oblique`), or most of them outside
        of it (`mask-elsewhere`)
    """
    contours = _contours(path, wanted)
    placed = {number: [_placed(contour, volume) for contour in found] for number, found in contours.items()}
    thickness = _thickness(placed.values())
    drawn = [(number, _regions(found, thickness, volume.shape)) for number, found in placed.items()]
    voxels = np.zeros(volume.shape, np.min_scalar_type(max(placed, default=1)))
    for number, regions in sorted(drawn, key=lambda one: -sum(region.size for _, region in one[1])):
        for k, region in regions:
            region.view(voxels[k])[region.inside] = number
    return LabelMap(voxels, volume.affine, notes=notes_of_cut(_share_inside(placed.values(), volume.shape)))


def contour_points(path: Path, wanted: Collection[int]) -> NDArray[np.float64]:
    """Return the corners (n, 3) of all contours of some structures, LPS millimetres.

    Raises
    ------
    UnreadableInput : the object is damaged
    """
    points = [contour.points for found in _contours(path, wanted).values() for contour in found]
    return np.concatenate(points) if points else np.zeros((0, 3))


def _contours(path: Path, wanted: Collection[int]) -> dict[int, list[_Contour]]:
    """Return number -> contours of the structures that are wanted."""
    with quiet_dcmread(path, damaged=_DAMAGED) as dataset:
        return {
            int(roi.ReferencedROINumber): list(map(_contour, _closed(roi)))
            for roi in dataset.ROIContourSequence
            if int(roi.ReferencedROINumber) in wanted
        }


Placed = tuple[float, tuple[NDArray[np.float64], bool]]
"""Height of a contour in slices, its corners as (row, column), and whether it is combined by exclusive or."""


def _placed(contour: _Contour, volume: Volume) -> Placed:
    """Return where a contour lies in the grid of an image."""
    to_index = np.linalg.inv(volume.affine)
    indices = contour.points @ to_index[:3, :3].T + to_index[:3, 3]
    if np.ptp(indices[:, 0]) > _OBLIQUE:
        raise UnsuitableInput("contours are not drawn in the slices of the image", code="contours-oblique")
    return float(indices[:, 0].mean()), (indices[:, 1:], contour.exclusive)


def _share_inside(structures: Iterable[list[Placed]], shape: tuple[int, ...]) -> float:
    """Return the share of all corners that lie on the image, half a voxel beyond its outer centres included."""
    corners = [
        np.insert(found, 0, height, axis=1) for contours in structures for height, (found, _) in contours if len(found)
    ]
    if not corners:
        return 1.0
    indices = np.concatenate(corners)
    return float(((indices >= -0.5 - _ON_EDGE) & (indices <= np.array(shape) - 0.5 + _ON_EDGE)).all(1).mean())


def _thickness(structures: Iterable[list[Placed]]) -> float:
    """Return how many slices the planes of contours lie apart; one where there are too few to tell."""
    apart = []
    for contours in structures:
        gaps = np.diff(np.sort([height for height, _ in contours]))
        gaps = gaps[gaps > _SAME_PLANE]
        if gaps.size >= _FEWEST_GAPS:
            apart.append(float(np.median(gaps)))
    return min(apart, default=1.0)


def _regions(contours: list[Placed], thickness: float, shape: tuple[int, ...]) -> list[tuple[int, Region]]:
    """Return slices, and what the contours of one structure surround there."""
    planes = list(_by_plane(contours))
    heights = np.array([height for height, _ in planes])
    depth, *plane = shape
    drawn: dict[int, Region] = {}
    found = []
    for k in range(depth):
        distance = k - heights
        near = np.flatnonzero((distance >= -thickness / 2 - _ON_EDGE) & (distance < thickness / 2 - _ON_EDGE))
        if near.size:
            nearest = int(near[np.argmin(np.abs(distance[near]))])
            if nearest not in drawn:
                drawn[nearest] = _drawn(planes[nearest][1], tuple(plane))
            found.append((k, drawn[nearest]))
    return found


def _by_plane(contours: list[Placed]) -> Iterator[tuple[float, list[Placed]]]:
    """Yield the height of each plane, from the lowest on, and the contours that lie in it."""
    ordered = sorted(contours, key=lambda one: one[0])
    heights = np.array([height for height, _ in ordered])
    for part in np.split(np.arange(len(ordered)), np.flatnonzero(np.diff(heights) > _SAME_PLANE) + 1):
        if part.size:
            yield float(heights[part].mean()), [ordered[k] for k in part]


def _drawn(contours: list[Placed], shape: tuple[int, ...]) -> Region:
    exclusive = any(one for _, (_, one) in contours)
    return join_regions([fill_even_odd(corners, shape) for _, (corners, _) in contours], exclusive=exclusive)


def _closed(structure: Any) -> Iterator[Any]:
    """Yield the closed contours of a structure, of whatever size."""
    for contour in structure.get("ContourSequence") or []:
        if str(contour.get("ContourGeometricType", "CLOSED_PLANAR")).startswith("CLOSED"):
            yield contour


def _contour(contour: Any) -> _Contour:
    """Return a contour; its numbers are read from their bytes, since pydicom takes ten times as long."""
    stored = contour.get_item(_DATA).value
    numbers = stored.split(b"\\") if isinstance(stored, bytes) else stored
    points = np.array([float(number) for number in numbers]).reshape(-1, 3)
    if not (np.abs(points) < FARTHEST).all():
        raise UnreadableInput("a contour of the structure set lies nowhere", code="damaged")
    return _Contour(points, contour.get("ContourGeometricType") == _XOR)
