"""A mask as a DICOM segmentation, its frames on the images that they were drawn on.

A frame is written for each slice that a structure is in; slices that were interpolated have no image to
refer to and are left out. One of a radiograph has no place in the patient: its frame refers to the image alone.

References: DICOM PS3.3 sections A.51 (Segmentation and Label Map Segmentation), C.8.20 (modules), C.7.6.16 (functional
groups), C.7.6.17 (dimensions).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pleura.conventions import SegType
from pleura.reading.dicom.dataset import quiet_pydicom
from pleura.reading.dicom.elements import EXPLICIT_LITTLE
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Volume
from pleura.writing.dicom.explicit_vr import element, encapsulated_pixels
from pleura.writing.dicom.frame_groups import Placement, SegFrame, dimensions, per_frame_groups, shared_groups
from pleura.writing.dicom.modules import ObjectKind, content_time, new_object, set_loss
from pleura.writing.dicom.run_length import encode_runs
from pleura.writing.dicom.save import RLE, save
from pleura.writing.dicom.segments import background, segments
from pleura.writing.dicom.source import referenced_series, source_header, source_of
from pleura.writing.dicom.suitable import refuse_unsuitable
from pleura.writing.dicom.uids import instance_uid

if TYPE_CHECKING:
    from pydicom import Dataset

_BINARY = ObjectKind("dicom-seg", "1.2.840.10008.5.1.4.1.1.66.4", "SEG", 1, "Lungs")
_LABELMAP = ObjectKind("dicom-seg", "1.2.840.10008.5.1.4.1.1.66.7", "SEG", 2, "Lungs")


@quiet_pydicom()
def write_seg(segmentation: Segmentation, file: BinaryIO, seg_type: SegType = "binary") -> None:
    """Write a mask as a DICOM segmentation.

    Raises
    ------
    UnwritableOutput
        See `refuse_unsuitable`.
    """
    dataset, tail = seg_object(segmentation, seg_type)
    save(dataset, segmentation.volume, file, syntax=EXPLICIT_LITTLE if seg_type == "binary" else RLE, tail=tail)


def seg_object(segmentation: Segmentation, seg_type: SegType) -> tuple[Dataset, tuple[bytes, bytes]]:
    """Return a mask as a DICOM segmentation, and the elements that follow: those of its frames, and its pixels."""
    volume = segmentation.volume
    refuse_unsuitable(volume)
    planes = segmentation.labels if segmentation.labels.ndim == 3 else segmentation.labels[None]
    with_image = [slot for slot, image in enumerate(source_of(volume).slices) if image is not None]
    if seg_type == "binary":
        frames, pixels = _binary(planes, with_image, [label.value for label in segmentation.structures])
    else:
        frames, pixels = _label_map(planes, with_image)
    placement = Placement(frames, source_of(volume).slices, volume.kind is not Kind.RADIOGRAPH)
    digest = hashlib.sha256(pixels + repr(frames).encode()).hexdigest()
    dataset = new_object(segmentation, _BINARY if seg_type == "binary" else _LABELMAP, digest, seg_type)
    _describe(dataset, segmentation, seg_type)
    _set_frames(dataset, volume, placement)
    return dataset, (per_frame_groups(placement), pixels)


def _binary(
    planes: NDArray[np.uint8], with_image: Iterable[int], values: Iterable[int]
) -> tuple[list[SegFrame], bytes]:
    """Return the frames of each structure in each slice that it is in, and their pixel data, a bit a pixel."""
    frames = [SegFrame(slot, value) for value in values for slot in with_image if (planes[slot] == value).any()]
    frames = frames or [SegFrame(next(iter(with_image)), next(iter(values)))]  # there has to be one
    packed = _packed(planes[frame.slot] == frame.segment for frame in frames)
    return frames, element("PixelData", "OB", b"".join(packed))


def _packed(frames: Iterable[NDArray[np.bool_]]) -> Iterator[bytes]:
    """Yield the bits of frames, the first in the lowest bit; a frame begins within a byte where the last ended there.

    References: DICOM PS3.5 section 8.1.1.
    """
    rest = np.empty(0, bool)
    for frame in frames:
        bits = np.concatenate([rest, frame.ravel()]) if rest.size else frame.ravel()
        whole = bits.size - bits.size % 8
        yield np.packbits(bits[:whole], bitorder="little").tobytes()
        rest = bits[whole:]
    yield np.packbits(rest, bitorder="little").tobytes()


def _label_map(planes: NDArray[np.uint8], with_image: Iterable[int]) -> tuple[list[SegFrame], bytes]:
    """Return a frame for each slice that is not empty, and their pixel data, compressed."""
    frames = [SegFrame(slot, None) for slot in with_image if planes[slot].any()]
    frames = frames or [SegFrame(next(iter(with_image)), None)]
    packed = (encode_runs(planes[frame.slot]) for frame in frames)
    return frames, encapsulated_pixels(packed)


def _describe(dataset: Dataset, segmentation: Segmentation, seg_type: SegType) -> None:
    """Set what the object says of itself as a whole, and its structures."""
    header = source_header(segmentation.volume)
    binary = seg_type == "binary"
    dataset.ImageType = ["DERIVED", "PRIMARY"]
    dataset.InstanceNumber = 1
    dataset.ContentDate, dataset.ContentTime = content_time(header)
    dataset.ContentLabel, dataset.ContentDescription, dataset.ContentCreatorName = "LUNGS", "Lungs", None
    dataset.SegmentationType = seg_type.upper()
    dataset.SegmentsOverlap = "NO"
    described = segments(segmentation, dataset.SeriesInstanceUID)
    dataset.SegmentSequence = described if binary else [background(), *described]
    dataset.ReferencedSeriesSequence = [referenced_series(segmentation.volume)]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 1 if binary else 8
    dataset.HighBit, dataset.PixelRepresentation = dataset.BitsStored - 1, 0
    set_loss(dataset, header)


def _set_frames(dataset: Dataset, volume: Volume, placement: Placement) -> None:
    """Set size, number and dimensions of the frames, and what they share."""
    from pydicom import Dataset

    header, organization = source_header(volume), Dataset()
    organization.DimensionOrganizationUID = instance_uid(dataset.SOPInstanceUID, "dimensions")
    dataset.NumberOfFrames = len(placement.frames)
    dataset.Rows, dataset.Columns = volume.shape[1:]
    dataset.DimensionOrganizationSequence = [organization]
    dataset.DimensionIndexSequence = dimensions(organization.DimensionOrganizationUID, placement)
    shared = Dataset()
    if placement.in_patient:
        dataset.FrameOfReferenceUID = volume.identity.frame_of_reference_uid
        dataset.PositionReferenceIndicator = header.get("PositionReferenceIndicator")
        shared = shared_groups(volume, header.get("SliceThickness"))
    else:
        dataset.PatientOrientation = header.get("PatientOrientation")
    dataset.SharedFunctionalGroupsSequence = [shared]
