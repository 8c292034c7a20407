"""A DICOM segmentation as a label map: its frames put where their own plane positions say, on a grid of their own.

Frames come in any order, sparse, and by segment; what counts is PlanePositionSequence alone. Which image the result
belongs to is not asked here.

References: DICOM PS3.3 sections A.51 and C.8.20 (Segmentation), C.7.6.16.2 (functional groups).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.geometry import SAME_GRID, affine_from_spacing
from pleura.reading.dicom.dataset import quiet_dcmread
from pleura.reading.limits import check_size
from pleura.reading.raw_image import LabelMap
from pleura.volume import FARTHEST, LARGEST, Affine, Volume

if TYPE_CHECKING:
    from pydicom import Dataset

    _Groups = Sequence[Dataset | None]
    """Functional groups: those of a frame, then those that all frames share, where there are any."""

_OFF_GRID = 0.2
"""Share of a step by which a plane may lie off the regular grid that holds all."""
_MOST_PLANES = 5000
"""Of the grid that holds all planes: 2.5 m of slices of 0.5 mm; more is a gap that a wrong position makes."""
_DAMAGED = "the DICOM segmentation is damaged; copy or export it again"


def segment_names(path: Path) -> dict[int, str]:
    """Return number -> what it is called of each segment.

    Raises
    ------
    UnreadableInput : the object is damaged
    """
    with quiet_dcmread(path, damaged=_DAMAGED, stop_before_pixels=True) as dataset:
        names = {int(segment.SegmentNumber): _name(segment) for segment in dataset.SegmentSequence}
    return {number: name for number, name in names.items() if number > 0}  # a label map lists the background as 0


def read_seg(path: Path, wanted: Collection[int], image: Volume | None = None) -> LabelMap:
    """Read segments of a segmentation object: binary, fractional (cut half-way) or a label map.

    Parameters
    ----------
    wanted : numbers of the segments to read; what lies over them is left out
    image : the scan that it may have been made of

    Returns
    -------
    LabelMap : segment numbers on the grid of the image where every frame is one of its slices, else on the smallest
        grid that holds all frames; where segments overlap, the smaller one. Frames without a place, as of a radiograph,
        make one picture

    Raises
    ------
    UnreadableInput : the object is damaged
    UnsuitableInput : its planes are not parallel or not evenly spaced (`irregular-spacing`)
    """
    with quiet_dcmread(path, damaged=_DAMAGED) as dataset:
        planes = _segment_frames(dataset)
        plane = int(dataset.Rows), int(dataset.Columns)
        slots, affine, depth = (image and _on_slices(planes, plane, image)) or _grid(planes)
        stored = path.stat().st_size + (image.voxels.nbytes if image else 0)
        dtype = np.dtype(np.uint8 if max(wanted, default=0) < 256 else np.uint16)
        check_size((depth, *plane), dtype.itemsize, stored)
        voxels = np.zeros((depth, *plane), dtype)
        marked = _marked(dataset, planes, slots, wanted, voxels)
    for segment, parts in sorted(marked.items(), key=lambda one: -sum(np.count_nonzero(part) for _, part in one[1])):
        for slot, part in parts:
            voxels[slot][part] = segment
    return LabelMap(voxels, affine, placed=planes[0].placed, is_picture=not planes[0].placed)


def _marked(
    dataset: Dataset,
    planes: Sequence[SegmentFrame],
    slots: NDArray[np.intp],
    wanted: Collection[int],
    voxels: NDArray[np.unsignedinteger],
) -> dict[int, list[tuple[int, NDArray[np.bool_]]]]:
    """Return segment -> slices and what it marks in them; what a label map holds is written into `voxels` at once."""
    from pydicom.pixels.utils import iter_pixels

    fractional = dataset.get("SegmentationType") == "FRACTIONAL"
    half = float(dataset.get("MaximumFractionalValue", 1)) / 2 if fractional else 0.5
    needed = [index for index, plane in enumerate(planes) if plane.segment is None or plane.segment in wanted]
    marked: defaultdict[int, list[tuple[int, NDArray[np.bool_]]]] = defaultdict(list)
    if not needed:
        return marked
    for index, frame in zip(needed, iter_pixels(dataset, indices=needed, raw=True), strict=True):
        segment, slot = planes[index].segment, slots[index]
        if segment is None:
            voxels[slot] = np.where(np.isin(frame, list(wanted)), frame, 0)
        else:
            marked[segment].append((slot, frame >= half))
    return marked


@dataclass(frozen=True, eq=False)
class SegmentFrame:
    """Where a frame of a segmentation lies, and what it marks.

    Attributes
    ----------
    segment : its number; None in a label map
    position : (x, y, z) of the centre of the first pixel, LPS millimetres
    ways : directions of growing columns, then of growing rows
    steps : millimetres between planes, between rows, between columns
    placed : False where the object states no position, as that of a radiograph
    """

    segment: int | None
    position: NDArray[np.float64]
    ways: NDArray[np.float64]
    steps: NDArray[np.float64]
    placed: bool = True


def _name(segment: Dataset) -> str:
    """Return label, coded type and side of a segment in one text."""
    parts = [str(segment.get("SegmentLabel", ""))]
    for code in segment.get("SegmentedPropertyTypeCodeSequence", []):
        parts.append(str(code.get("CodeMeaning", "")))
        parts += [
            str(side.get("CodeMeaning", "")) for side in code.get("SegmentedPropertyTypeModifierCodeSequence", [])
        ]
    return ", ".join(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _segment_frames(dataset: Dataset) -> list[SegmentFrame]:
    shared = dataset.get("SharedFunctionalGroupsSequence") or [None]
    labelled = dataset.get("SegmentationType") == "LABELMAP"
    planes: list[SegmentFrame] = []
    for own in dataset.PerFrameFunctionalGroupsSequence:
        groups = (own, shared[0])
        segment = None
        if not labelled:
            segment = int(_item(groups, "SegmentIdentificationSequence").ReferencedSegmentNumber)
        planes.append(_placed(segment, groups) if _has(groups, "PlanePositionSequence") else _unplaced(segment))
    if not planes:
        raise UnreadableInput(
            "the DICOM segmentation has no frames, and marks nothing; export it again", code="damaged"
        )
    if len({plane.placed for plane in planes}) > 1:
        raise UnreadableInput(
            "the DICOM segmentation does not say where all its planes lie; export it again", code="damaged"
        )
    return planes


def _placed(segment: int | None, groups: _Groups) -> SegmentFrame:
    measures = _item(groups, "PixelMeasuresSequence")
    between = measures.get("SpacingBetweenSlices") or measures.get("SliceThickness") or 1.0
    return SegmentFrame(
        segment,
        _vector(_item(groups, "PlanePositionSequence").ImagePositionPatient, 3),
        _vector(_item(groups, "PlaneOrientationSequence").ImageOrientationPatient, 6),
        _vector([between, *measures.PixelSpacing], 3),
    )


def _unplaced(segment: int | None) -> SegmentFrame:
    return SegmentFrame(segment, np.zeros(3), np.array([1.0, 0, 0, 0, 1, 0]), np.ones(3), placed=False)


def _has(groups: _Groups, sequence: str) -> bool:
    return any(group is not None and sequence in group for group in groups)


def _vector(numbers: Iterable[float], count: int) -> NDArray[np.float64]:
    """Return `count` numbers of a size that positions and distances can have."""
    vector = np.array([float(number) for number in numbers])
    if vector.shape != (count,) or not (np.abs(vector) < FARTHEST).all():
        raise UnreadableInput(
            "the DICOM segmentation does not say where its planes lie; export it again", code="damaged"
        )
    return vector


def _item(groups: _Groups, sequence: str) -> Dataset:
    """Return the first item of a functional group, the frame's own before the shared one."""
    found: Dataset = next(group[sequence].value[0] for group in groups if group is not None and sequence in group)
    return found


Layout = tuple[NDArray[np.intp], Affine, int]
"""Slice of each plane, affine of the grid, and how many slices it has."""


def _on_slices(planes: Sequence[SegmentFrame], plane: tuple[int, int], image: Volume) -> Layout | None:
    """Return the slices of an image that all planes are, pixel for pixel, or None."""
    if image.shape[1:] != plane or not (planes[0].placed and image.spacing_known) or image.is_picture:
        return None
    to_index = np.linalg.inv(image.affine)
    last = np.array([plane[0] - 1, plane[1] - 1])
    slots = []
    for one in planes:
        ways = np.stack([one.ways[3:] * one.steps[1], one.ways[:3] * one.steps[2]])
        corners = one.position + np.array([(0, 0), last]) @ ways
        first, end = corners @ to_index[:3, :3].T + to_index[:3, 3]
        slot = round(float(first[0]))
        off = np.abs([*(first - (slot, 0, 0)), *(end - (slot, *last))])
        if not 0 <= slot < image.shape[0] or off[[0, 3]].max() > _OFF_GRID or off[[1, 2, 4, 5]].max() > SAME_GRID:
            return None
        slots.append(slot)
    gaps = np.diff(np.unique(slots))
    steps = planes[0].steps[0] / image.spacing[0]
    if gaps.min(initial=2) > 1 and abs(steps - 1) > _OFF_GRID:  # each plane stands for several slices
        return None
    return np.array(slots, np.intp), image.affine, image.shape[0]


def _grid(planes: Sequence[SegmentFrame]) -> Layout:
    """Return the smallest grid that holds all planes."""
    first = planes[0]
    if not first.placed:
        return np.zeros(len(planes), np.intp), affine_from_spacing((1, 1, 1)), 1
    if any(
        np.abs(one.ways - first.ways).max() > 1e-3 or np.abs(one.steps - first.steps).max() > 1e-3 for one in planes
    ):
        raise UnsuitableInput(
            "the planes of the segmentation are not parallel and alike; save it as NIfTI", code="irregular-spacing"
        )
    normal = np.cross(first.ways[:3], first.ways[3:])
    positions = np.array([one.position for one in planes])
    along = (positions - first.position) @ normal
    apart = np.diff(np.unique(np.round(along, 3)))
    step = float(apart[apart > 0.01].min()) if (apart > 0.01).any() else float(first.steps[0])
    slots = np.rint((along - along.min()) / step)
    off = float(np.abs((along - along.min()) / step - slots).max())
    if off > _OFF_GRID or slots.max() >= _MOST_PLANES or step > LARGEST:
        raise UnsuitableInput(
            "the planes of the segmentation are not evenly spaced; save it as NIfTI", code="irregular-spacing"
        )
    lowest, highest = int(np.argmin(along)), int(np.argmax(along))
    affine = np.eye(4)
    affine[:3, 0] = (positions[highest] - positions[lowest]) / slots.max() if slots.max() else normal * step
    affine[:3, 1], affine[:3, 2] = first.ways[3:] * first.steps[1], first.ways[:3] * first.steps[2]
    affine[:3, 3] = positions[lowest]
    return slots.astype(np.intp), affine, int(slots.max()) + 1
