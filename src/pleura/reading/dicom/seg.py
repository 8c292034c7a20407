"""A DICOM segmentation as a label map: its frames put where their own plane positions say, on a grid of their own.

Frames come in any order, sparse, and by segment; what counts is PlanePositionSequence alone. Which image the result
belongs to is not asked here.

References: DICOM PS3.3 sections A.51 and C.8.20 (Segmentation), C.7.6.16.2 (functional groups).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.reading.dicom.dataset import quiet_dcmread
from pleura.reading.limits import check_size
from pleura.reading.raw_image import LabelMap
from pleura.volume import FARTHEST, LARGEST, Affine

if TYPE_CHECKING:
    from pydicom import Dataset

_OFF_GRID = 0.2
"""Share of a step by which a plane may lie off the regular grid that holds all."""
_MOST_PLANES = 5000
"""Of the grid that holds all planes: 2.5 m of slices of 0.5 mm; more is a gap that a wrong position makes."""
_DAMAGED = "the DICOM segmentation is damaged"


def segment_names(path: Path) -> dict[int, str]:
    """Return number -> what it is called of each segment.

    Raises
    ------
    UnreadableInput : the object is damaged
    """
    with quiet_dcmread(path, damaged=_DAMAGED, stop_before_pixels=True) as dataset:
        return {int(segment.SegmentNumber): _name(segment) for segment in dataset.SegmentSequence}


def read_seg(path: Path, wanted: Collection[int]) -> LabelMap:
    """Read segments of a segmentation object: binary, fractional (cut half-way) or a label map.

    Parameters
    ----------
    wanted : numbers of the segments to read; what lies over them is left out

    Returns
    -------
    LabelMap : segment numbers on the smallest grid that holds all frames; where segments overlap, the smaller one

    Raises
    ------
    UnreadableInput : the object is damaged
    UnsuitableInput : its planes are not parallel or not evenly spaced (`irregular-spacing`)
    """
    with quiet_dcmread(path, damaged=_DAMAGED) as dataset:
        planes = _planes(dataset)
        slots, affine = _grid(planes)
        shape = (int(slots.max()) + 1, int(dataset.Rows), int(dataset.Columns))
        check_size(shape, np.dtype(np.uint16).itemsize, path.stat().st_size)
        voxels = np.zeros(shape, np.uint16)
        marked = _marked(dataset, planes, slots, wanted, voxels)
    for segment, parts in sorted(marked.items(), key=lambda one: -sum(np.count_nonzero(part) for _, part in one[1])):
        for slot, part in parts:
            voxels[slot][part] = segment
    return LabelMap(voxels, affine)


def _marked(
    dataset: Dataset,
    planes: Sequence[Plane],
    slots: NDArray[np.intp],
    wanted: Collection[int],
    voxels: NDArray[np.uint16],
) -> dict[int, list[tuple[int, NDArray[np.bool_]]]]:
    """Return segment -> slices and what it marks in them; what a label map holds is written into `voxels` at once."""
    from pydicom.pixels.utils import iter_pixels

    fractional = dataset.get("SegmentationType") == "FRACTIONAL"
    half = float(dataset.get("MaximumFractionalValue", 1)) / 2 if fractional else 0.5
    needed = [index for index, plane in enumerate(planes) if plane[0] is None or plane[0] in wanted]
    marked: defaultdict[int, list[tuple[int, NDArray[np.bool_]]]] = defaultdict(list)
    if not needed:
        return marked
    for index, frame in zip(needed, iter_pixels(dataset, indices=needed, raw=True), strict=True):
        segment, slot = planes[index][0], slots[index]
        if segment is None:
            voxels[slot] = np.where(np.isin(frame, list(wanted)), frame, 0)
        else:
            marked[segment].append((slot, frame >= half))
    return marked


Plane = tuple[int | None, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Segment (None in a label map), position, orientation, (between planes, between rows, between columns)."""


def _name(segment: Any) -> str:
    """Return label, coded type and side of a segment in one text."""
    parts = [str(segment.get("SegmentLabel", ""))]
    for code in segment.get("SegmentedPropertyTypeCodeSequence", []):
        parts.append(str(code.get("CodeMeaning", "")))
        parts += [
            str(side.get("CodeMeaning", "")) for side in code.get("SegmentedPropertyTypeModifierCodeSequence", [])
        ]
    return ", ".join(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _planes(dataset: Dataset) -> list[Plane]:
    shared = dataset.get("SharedFunctionalGroupsSequence") or [None]
    labelled = dataset.get("SegmentationType") == "LABELMAP"
    planes: list[Plane] = []
    for own in dataset.PerFrameFunctionalGroupsSequence:
        position = _item((own, shared[0]), "PlanePositionSequence").ImagePositionPatient
        orientation = _item((own, shared[0]), "PlaneOrientationSequence").ImageOrientationPatient
        measures = _item((own, shared[0]), "PixelMeasuresSequence")
        between = measures.get("SpacingBetweenSlices") or measures.get("SliceThickness") or 1.0
        segment = None
        if not labelled:
            segment = int(_item((own, shared[0]), "SegmentIdentificationSequence").ReferencedSegmentNumber)
        steps = _vector([between, *measures.PixelSpacing], 3)
        planes.append((segment, _vector(position, 3), _vector(orientation, 6), steps))
    if not planes:
        raise UnreadableInput("the DICOM segmentation has no frames", code="damaged")
    return planes


def _vector(numbers: Sequence[Any], count: int) -> NDArray[np.float64]:
    """Return `count` numbers of a size that positions and distances can have."""
    vector = np.array([float(number) for number in numbers])
    if vector.shape != (count,) or not (np.abs(vector) < FARTHEST).all():
        raise UnreadableInput("the DICOM segmentation does not say where its planes lie", code="damaged")
    return vector


def _item(groups: Sequence[Any], sequence: str) -> Any:
    """Return the first item of a functional group, the frame's own before the shared one."""
    return next(group[sequence].value[0] for group in groups if group is not None and sequence in group)


def _grid(planes: Sequence[Plane]) -> tuple[NDArray[np.intp], Affine]:
    """Return the slice of each plane, and the affine of the grid."""
    _, first, ways, steps = planes[0]
    if any(np.abs(plane[2] - ways).max() > 1e-3 or np.abs(plane[3] - steps).max() > 1e-3 for plane in planes):
        raise UnsuitableInput("the planes of the segmentation are not parallel and alike", code="irregular-spacing")
    normal = np.cross(ways[:3], ways[3:])
    positions = np.array([plane[1] for plane in planes])
    along = (positions - first) @ normal
    apart = np.diff(np.unique(np.round(along, 3)))
    step = float(apart[apart > 0.01].min()) if (apart > 0.01).any() else float(steps[0])
    slots = np.rint((along - along.min()) / step)
    off = float(np.abs((along - along.min()) / step - slots).max())
    if off > _OFF_GRID or slots.max() >= _MOST_PLANES or step > LARGEST:
        raise UnsuitableInput("the planes of the segmentation are not evenly spaced", code="irregular-spacing")
    lowest, highest = int(np.argmin(along)), int(np.argmax(along))
    affine = np.eye(4)
    affine[:3, 0] = (positions[highest] - positions[lowest]) / slots.max() if slots.max() else normal * step
    affine[:3, 1], affine[:3, 2] = ways[3:] * steps[1], ways[:3] * steps[2]
    affine[:3, 3] = positions[lowest]
    return slots.astype(np.intp), affine
