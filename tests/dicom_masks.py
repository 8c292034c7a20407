"""DICOM segmentations and structure sets to be read; used by the tests of several packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RIGHT, LEFT, BODY = np.zeros((3, 3, 8, 10), bool)
RIGHT[1:, 2:6, 1:4] = LEFT[:2, 2:6, 6:9] = BODY[:, 1:7] = True
"""Structures (z, y, x) of slices 5 mm apart, pixels 2 mm wide; no lung is in all slices."""
SQUARE = [2.0, 2.0, 5.0, 6.0, 2.0, 5.0, 6.0, 6.0, 5.0, 2.0, 6.0, 5.0]
"""A contour, as x, y, z of each corner in millimetres."""


def seg(path: Path, segments: dict[str, NDArray[np.bool_]]) -> Path:
    """Write a binary segmentation of slices 5 mm apart, its frames from the head down."""
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.sequence import Sequence as Items
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    def item(**values: Any) -> Any:
        made = Dataset()
        for name, value in values.items():
            setattr(made, name, Items([value]) if isinstance(value, Dataset) else value)
        return made

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.66.4"
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["segmentation"])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    found.SOPClassUID, found.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    found.Modality, found.SegmentationType, found.PhotometricInterpretation = "SEG", "BINARY", "MONOCHROME2"
    found.SamplesPerPixel = found.BitsAllocated = found.BitsStored = 1
    found.HighBit = found.PixelRepresentation = 0
    _, found.Rows, found.Columns = RIGHT.shape
    measures = item(PixelSpacing=[2.0, 2.0], SliceThickness=5.0, SpacingBetweenSlices=5.0)
    ways = item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    found.SharedFunctionalGroupsSequence = Items([item(PixelMeasuresSequence=measures, PlaneOrientationSequence=ways)])
    found.SegmentSequence = Items([item(SegmentNumber=n, SegmentLabel=name) for n, name in enumerate(segments, 1)])
    planes = [(n, k, mask[k]) for n, mask in enumerate(segments.values(), 1) for k in (2, 1, 0) if mask[k].any()]
    found.PerFrameFunctionalGroupsSequence = Items(
        item(
            PlanePositionSequence=item(ImagePositionPatient=[0.0, 0.0, 5.0 * k]),
            SegmentIdentificationSequence=item(ReferencedSegmentNumber=n),
        )
        for n, k, _ in planes
    )
    found.NumberOfFrames = len(planes)
    found.PixelData = np.packbits(np.array([plane for _, _, plane in planes]).ravel(), bitorder="little").tobytes()
    found.save_as(path, enforce_file_format=True)
    return path


def structures(path: Path, contours: Mapping[str, Any]) -> Path:
    """Write a structure set: name -> corners (x, y, z, x, y, z, ...) of its one contour."""
    return drawn_structures(path, {name: [points] for name, points in contours.items()})


def drawn_structures(path: Path, contours: Mapping[str, Sequence[Any]], kind: str = "CLOSED_PLANAR") -> Path:
    """Write a structure set: name -> corners (x, y, z, x, y, z, ...) of each of its contours, all of one kind."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    whole = Dataset()
    whole.StructureSetROISequence, whole.ROIContourSequence = [], []
    for number, (name, found) in enumerate(contours.items(), start=1):
        roi, drawn = Dataset(), Dataset()
        roi.ROINumber, roi.ROIName = number, name
        drawn.ReferencedROINumber, drawn.ContourSequence = number, []
        for points in found:
            contour = Dataset()
            contour.ContourGeometricType, contour.ContourData = kind, points
            drawn.ContourSequence.append(contour)
        whole.StructureSetROISequence.append(roi)
        whole.ROIContourSequence.append(drawn)
    whole.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.3"
    whole.file_meta = FileMetaDataset()
    whole.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    whole.save_as(path, enforce_file_format=False)
    return path
