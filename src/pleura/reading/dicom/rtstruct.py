"""An RT structure set drawn into the slices of an image: the pixels whose centres its contours surround.

A hole may be a keyhole of its outline, a contour of the type CLOSEDPLANAR_XOR, or, as many programs write it against
the standard, a plain contour within another: each is a hole here. Plain contours that overlap otherwise are joined.

References: DICOM PS3.3 sections C.8.8.6 (ROI Contour) and C.8.8.6.3 (inner and outer contours).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.reading.alignment import notes_of_cut
from pleura.reading.dicom.dataset import quiet_dcmread
from pleura.reading.polygons import Region, crosses_itself, fill_even_odd, join_regions
from pleura.reading.raw_image import LabelMap
from pleura.text import quantity
from pleura.volume import FARTHEST, Note, Volume

if TYPE_CHECKING:
    from pydicom import Dataset

_OBLIQUE = 0.25
"""Slices by which the points of one contour may differ in height."""
_SAME_PLANE = 0.05
"""Slices by which contours of one plane may differ in height: rounding in the file, never a slice of its own."""
_ON_EDGE = 0.01
"""Slices by which a slice may miss the slab of a contour and still count as in it: rounding again."""
_FEWEST_GAPS = 3
"""Gaps between the planes of one structure that tell how far its planes lie apart, not where it has parts."""
_FEWEST_CORNERS = 3
"""Corners of a contour that surrounds anything."""
_DATA, _XOR = 0x30060050, "CLOSEDPLANAR_XOR"
_DAMAGED = "the structure set is damaged; copy or export it again"


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
        drawn = {int(roi.ReferencedROINumber) for roi in dataset.ROIContourSequence if any(map(_surrounds, _all(roi)))}
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
    contours, dropped = _contours(path, wanted)
    placed = {number: [_placed(contour, volume) for contour in found] for number, found in contours.items()}
    thickness = _thickness(placed.values())
    drawn = [(number, _regions(found, thickness, volume.shape)) for number, found in placed.items()]
    voxels = np.zeros(volume.shape, np.min_scalar_type(max(placed, default=1)))
    for number, regions in sorted(drawn, key=lambda one: -sum(region.size for _, region in one[1])):
        for k, region in regions:
            region.view(voxels[k])[region.inside] = number
    all_placed = [one for found in placed.values() for one in found]
    crossed = sum(crosses_itself(one.corners, one.region.size) for one in all_placed)
    cut = notes_of_cut(_share_inside(all_placed, volume.shape))
    return LabelMap(voxels, volume.affine, notes=(*_notes(dropped, crossed), *cut))


def _notes(dropped: int, crossed: int) -> tuple[Note, ...]:
    """Return what is to be said of contours that surround nothing, and of those that cross themselves."""
    found = []
    if dropped:
        text = f"{quantity(dropped, 'contour')} left out, open or of fewer than three corners"
        found.append(Note("contours-left-out", f"{text}: the mask may have gaps there; look"))
    if crossed:
        text = "1 contour crosses itself" if crossed == 1 else f"{crossed} contours cross themselves"
        found.append(Note("contours-crossed", f"{text}: what is inside is not certain; look"))
    return tuple(found)


def contour_corners(path: Path, wanted: Collection[int]) -> list[NDArray[np.float64]]:
    """Return the corners (n, 3) of each contour of some structures, LPS millimetres.

    Raises
    ------
    UnreadableInput : the object is damaged
    """
    return [contour.points for found in _contours(path, wanted)[0].values() for contour in found]


def _contours(path: Path, wanted: Collection[int]) -> tuple[dict[int, list[_Contour]], int]:
    """Return number -> contours of the structures that are wanted, and how many of theirs surround nothing."""
    with quiet_dcmread(path, damaged=_DAMAGED) as dataset:
        stored = {
            number: list(_all(roi))
            for roi in dataset.ROIContourSequence
            if (number := int(roi.ReferencedROINumber)) in wanted
        }
        found = {number: list(map(_contour, filter(_surrounds, items))) for number, items in stored.items()}
    return found, sum(map(len, stored.values())) - sum(map(len, found.values()))


@dataclass(frozen=True, eq=False)
class _Placed:
    """A contour in the grid of an image.

    Attributes
    ----------
    height : in slices
    corners : (n, 2) as (row, column)
    region : the pixels whose centres it surrounds
    exclusive : whether it is combined by exclusive or
    """

    height: float
    corners: NDArray[np.float64]
    region: Region
    exclusive: bool


def _placed(contour: _Contour, volume: Volume) -> _Placed:
    """Return where a contour lies in the grid of an image."""
    to_index = np.linalg.inv(volume.affine)
    indices = contour.points @ to_index[:3, :3].T + to_index[:3, 3]
    if np.ptp(indices[:, 0]) > _OBLIQUE:
        raise UnsuitableInput(
            "contours are not drawn in the slices of the image; give the scan that they were drawn on",
            code="contours-oblique",
        )
    corners = indices[:, 1:]
    return _Placed(float(indices[:, 0].mean()), corners, fill_even_odd(corners, volume.shape[1:]), contour.exclusive)


def _share_inside(contours: Iterable[_Placed], shape: tuple[int, ...]) -> float:
    """Return the share of all corners that lie on the image, half a voxel beyond its outer centres included."""
    corners = [np.insert(one.corners, 0, one.height, axis=1) for one in contours]
    if not corners:
        return 1.0
    indices = np.concatenate(corners)
    return float(((indices >= -0.5 - _ON_EDGE) & (indices <= np.array(shape) - 0.5 + _ON_EDGE)).all(1).mean())


def _thickness(structures: Iterable[list[_Placed]]) -> float:
    """Return how many slices the planes of contours lie apart; one where there are too few to tell."""
    apart = []
    for contours in structures:
        gaps = np.diff(np.sort([one.height for one in contours]))
        gaps = gaps[gaps > _SAME_PLANE]
        if gaps.size >= _FEWEST_GAPS:
            apart.append(float(np.median(gaps)))
    return min(apart, default=1.0)


def _regions(contours: list[_Placed], thickness: float, shape: tuple[int, ...]) -> list[tuple[int, Region]]:
    """Return slices, and what the contours of one structure surround there."""
    planes = list(_by_plane(contours))
    heights = np.array([height for height, _ in planes])
    drawn: dict[int, Region] = {}
    found = []
    for k in range(shape[0]):
        distance = k - heights
        near = np.flatnonzero((distance >= -thickness / 2 - _ON_EDGE) & (distance < thickness / 2 - _ON_EDGE))
        if near.size:
            nearest = int(near[np.argmin(np.abs(distance[near]))])
            if nearest not in drawn:
                drawn[nearest] = _joined(planes[nearest][1])
            found.append((k, drawn[nearest]))
    return found


def _by_plane(contours: list[_Placed]) -> Iterator[tuple[float, list[_Placed]]]:
    """Yield the height of each plane, from the lowest on, and the contours that lie in it."""
    ordered = sorted(contours, key=lambda one: one.height)
    heights = np.array([one.height for one in ordered])
    for part in np.split(np.arange(len(ordered)), np.flatnonzero(np.diff(heights) > _SAME_PLANE) + 1):
        if part.size:
            yield float(heights[part].mean()), [ordered[k] for k in part]


def _joined(contours: list[_Placed]) -> Region:
    return join_regions([one.region for one in contours], exclusive=any(one.exclusive for one in contours))


def _all(structure: Dataset) -> Sequence[Dataset]:
    """Return the contours of a structure, of whatever type and size."""
    return structure.get("ContourSequence") or ()


def _surrounds(contour: Dataset) -> bool:
    """Say whether a contour is closed, and has the corners to surround anything."""
    closed = str(contour.get("ContourGeometricType", "CLOSED_PLANAR")).startswith("CLOSED")
    return closed and len(_numbers(contour)) >= 3 * _FEWEST_CORNERS


def _numbers(contour: Dataset) -> Sequence[bytes | float]:
    """Return the coordinates of a contour as they are stored: pydicom takes ten times as long to convert them."""
    stored = contour.get_item(_DATA).value if _DATA in contour else None
    if isinstance(stored, bytes):
        return stored.split(b"\\") if stored.strip() else ()
    return stored or ()


def _contour(contour: Dataset) -> _Contour:
    """Return a closed contour."""
    points = np.array([float(number) for number in _numbers(contour)]).reshape(-1, 3)
    if not (np.abs(points) < FARTHEST).all():
        raise UnreadableInput("a contour of the structure set lies nowhere; export it again", code="damaged")
    return _Contour(points, contour.get("ContourGeometricType") == _XOR)
