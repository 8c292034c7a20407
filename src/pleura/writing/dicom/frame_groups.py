"""What a segmentation says of its frames: which structure each shows, where it lies, and which image it was drawn on.

References: DICOM PS3.3 sections C.7.6.16.2 (functional groups), C.7.6.17 (dimensions), C.8.20.3.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pleura.volume import SourceSlice, Volume
from pleura.writing.dicom.explicit_vr import element, sequence, text

if TYPE_CHECKING:
    from pydicom import Dataset

_SEGMENT_NUMBER, _SEGMENT_GROUP = 0x0062000B, 0x0062000A
_POSITION, _POSITION_GROUP = 0x00200032, 0x00209113
_IN_STACK, _CONTENT_GROUP = 0x00209057, 0x00209111


class SegFrame(NamedTuple):
    """One frame: the slice of the array, and the number of the structure; None in a label map, which holds all."""

    slot: int
    segment: int | None


@dataclass(frozen=True)
class Placement:
    """How the frames of an object are placed.

    Attributes
    ----------
    frames : in their order in the object
    slices : the images of all slices of the array
    in_patient : False for a radiograph, whose frames have no position
    """

    frames: Sequence[SegFrame]
    slices: Sequence[SourceSlice | None]
    in_patient: bool


def shared_groups(volume: Volume, thickness: float | None) -> Dataset:
    """Return the item of what all frames share: spacing and orientation.

    Parameters
    ----------
    thickness : of the slices as the scan states it; the distance between them where it states none
    """
    from pydicom import Dataset

    item, measures, plane = Dataset(), Dataset(), Dataset()
    down, across = (volume.affine[:3, axis] / np.linalg.norm(volume.affine[:3, axis]) for axis in (1, 2))
    # The distance is that along the normal, which is shorter than the way from slice to slice where the gantry tilts.
    between = abs(float(np.cross(across, down) @ volume.affine[:3, 0]))
    measures.SliceThickness, measures.SpacingBetweenSlices = (decimal(thickness or between), decimal(between))
    measures.PixelSpacing = [decimal(step) for step in volume.spacing[1:]]
    plane.ImageOrientationPatient = [decimal(value) for value in (*across, *down)]
    item.PixelMeasuresSequence, item.PlaneOrientationSequence = [measures], [plane]
    return item


def dimensions(organization: str, placement: Placement) -> list[Dataset]:
    """Return the items of the DimensionIndexSequence: by structure and position; a radiograph is a stack of one."""
    from pydicom import Dataset

    pointers = [(_SEGMENT_NUMBER, _SEGMENT_GROUP)] if placement.frames[0].segment is not None else []
    pointers.append((_POSITION, _POSITION_GROUP) if placement.in_patient else (_IN_STACK, _CONTENT_GROUP))
    found = []
    for pointer, group in pointers:
        item = Dataset()
        item.DimensionOrganizationUID = organization
        item.DimensionIndexPointer, item.FunctionalGroupPointer = pointer, group
        found.append(item)
    return found


def per_frame_groups(placement: Placement) -> bytes:
    """Return the PerFrameFunctionalGroupsSequence as bytes, explicit VR and little endian."""
    ranks = {slot: rank for rank, slot in enumerate(sorted({frame.slot for frame in placement.frames}), start=1)}
    return sequence(
        "PerFrameFunctionalGroupsSequence",
        (_frame_item(frame, ranks[frame.slot], placement) for frame in placement.frames),
    )


def decimal(value: float) -> str:
    """Return a number as a decimal string of 16 letters at most (PS3.5 section 6.2)."""
    from pydicom.valuerep import format_number_as_ds

    return format_number_as_ds(float(value) + 0.0)


def _frame_item(frame: SegFrame, rank: int, placement: Placement) -> bytes:
    """Return the item of one frame; groups come in the order of their tags."""
    image = placement.slices[frame.slot]
    assert image is not None  # frames are of slices that have an image
    position = image.position if placement.in_patient else None
    index = [*([] if frame.segment is None else [frame.segment]), rank]
    stack = text("StackID", "SH", 1) + element("InStackPositionNumber", "UL", struct.pack("<L", rank))
    values = element("DimensionIndexValues", "UL", struct.pack(f"<{len(index)}L", *index))
    content = values if position else stack + values
    groups = [sequence("DerivationImageSequence", [_derivation(image)]), sequence("FrameContentSequence", [content])]
    if position:
        place = text("ImagePositionPatient", "DS", *map(decimal, position))
        groups.append(sequence("PlanePositionSequence", [place]))
    if frame.segment is not None:
        number = element("ReferencedSegmentNumber", "US", struct.pack("<H", frame.segment))
        groups.append(sequence("SegmentIdentificationSequence", [number]))
    return b"".join(groups)


def _derivation(image: SourceSlice) -> bytes:
    source = [
        text("ReferencedSOPClassUID", "UI", image.class_uid),
        text("ReferencedSOPInstanceUID", "UI", image.instance_uid),
        *([text("ReferencedFrameNumber", "IS", image.frame)] if image.frame is not None else []),
        text("SpatialLocationsPreserved", "CS", "YES"),
        sequence("PurposeOfReferenceCodeSequence", [_code("121322", "Source image for image processing operation")]),
    ]
    return sequence("SourceImageSequence", [b"".join(source)]) + sequence(
        "DerivationCodeSequence", [_code("113076", "Segmentation")]
    )


def _code(value: str, meaning: str) -> bytes:
    """Return the item of a code of DICOM's own scheme."""
    return b"".join(
        (
            text("CodeValue", "SH", value),
            text("CodingSchemeDesignator", "SH", "DCM"),
            text("CodeMeaning", "LO", meaning),
        )
    )
