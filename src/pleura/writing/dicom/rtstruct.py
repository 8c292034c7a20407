"""Write a segmentation as an RT structure set: closed contours on the slices of the scan, for treatment planning.

Contours lie on the planes that the scan's own slices state, those of interpolated slices are left out, and each refers
to its image. The file is implicit VR little endian: in explicit VR no value of contour data may exceed 64 kB.

References: DICOM PS3.3 sections A.19 (RT Structure Set IOD), C.8.8.5 to C.8.8.8; names of the lungs: AAPM TG-263, 2018.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pleura.labels import Label
from pleura.reading.dicom.dataset import quiet_pydicom
from pleura.reading.dicom.elements import IMPLICIT_LITTLE
from pleura.reading.dicom.sop_classes import STRUCTURE_SET
from pleura.segmentation import Segmentation
from pleura.volume import Volume
from pleura.writing.dicom.contours import outlines
from pleura.writing.dicom.modules import ObjectKind, content_time, maker_of, new_object
from pleura.writing.dicom.save import save
from pleura.writing.dicom.segments import code
from pleura.writing.dicom.source import image_reference, instance_reference, instances, source_header, source_of
from pleura.writing.dicom.suitable import refuse_projection

if TYPE_CHECKING:
    from pydicom import Dataset

_KIND = ObjectKind("rtstruct", STRUCTURE_SET, "RTSTRUCT", 3, "Lung contours")
_STUDY_CLASS = "1.2.840.10008.3.1.2.3.1"
"""Detached Study Management: retired, and still what a structure set refers to its study by."""
_DECIMALS = 3
"""Micrometres, of where a plane lies; a number of the patient's space then has 15 characters at most."""
_FINE_PIXEL = 0.5
"""Millimetres of a pixel from which on two decimals do within a plane across an axis of the patient: they move a corner
by 5 micrometres, where the nearest pixel centre is 0.35 pixels away, and make files a tenth smaller."""
_CONTOUR_DATA = 0x30060050
_TG_263 = {"right lung": "Lung_R", "left lung": "Lung_L", "lung": "Lungs"}
"""What planning systems and their scripts call the lungs."""

Contour = tuple[int, bytes]
"""Slice, and the coordinates of the corners as text."""


@quiet_pydicom()
def write_rtstruct(segmentation: Segmentation, file: BinaryIO) -> None:
    """Write a mask as an RT structure set.

    Raises
    ------
    UnwritableOutput
        See `refuse_projection`.
    """
    refuse_projection(segmentation.volume)
    contours = [list(_contours(segmentation, label)) for label in segmentation.structures]
    dataset = new_object(segmentation, _KIND, _digest(segmentation.structures, contours))
    _describe(dataset, segmentation)
    dataset.StructureSetROISequence = [_structure(segmentation, label) for label in segmentation.structures]
    dataset.ROIContourSequence = [
        _drawn(segmentation.volume, label, found)
        for label, found in zip(segmentation.structures, contours, strict=True)
    ]
    dataset.RTROIObservationsSequence = [_observation(label) for label in segmentation.structures]
    dataset.ApprovalStatus = "UNAPPROVED"
    save(dataset, segmentation.volume, file, syntax=IMPLICIT_LITTLE)


def structure_name(label: Label) -> str:
    """Return what a structure is called in a structure set."""
    return _TG_263.get(label.name, label.name)[:64]


def _contours(segmentation: Segmentation, label: Label) -> Iterator[Contour]:
    """Yield the contours of one structure, from the first slice on."""
    volume = segmentation.volume
    labels = segmentation.labels.reshape(volume.shape)
    within = volume.affine[:3, 1:3]
    coarse = (within != 0).any(axis=1) if min(volume.spacing[1:]) >= _FINE_PIXEL else np.zeros(3, bool)
    decimals = np.where(coarse & ~coarse.all(), _DECIMALS - 1, _DECIMALS)
    for k, one in enumerate(source_of(volume).slices):
        if one is None or not (marked := labels[k] == label.value).any():
            continue
        for corners in outlines(marked):
            points = np.array(one.position) + corners @ within.T
            yield k, _as_text(points, decimals)


def _as_text(points: NDArray[np.float64], decimals: NDArray[np.int64]) -> bytes:
    """Return coordinates as a decimal string, without needless zeros; `decimals` are those of x, y and z."""
    rounded = np.stack([np.round(points[:, axis], decimals[axis]) for axis in range(3)], axis=1) + 0.0  # no -0
    text = "\\".join(map(repr, rounded.ravel().tolist()))
    return f"{text}\\".replace(".0\\", "\\")[:-1].encode()


def _digest(structures: Iterable[Label], contours: Iterable[Iterable[Contour]]) -> str:
    digest = hashlib.sha256()
    for label, found in zip(structures, contours, strict=True):
        digest.update(f"{label.value} {label.name}".encode())
        for _, text in found:
            digest.update(b"\n" + text)
    return digest.hexdigest()


def _describe(dataset: Dataset, segmentation: Segmentation) -> None:
    """Say what the structure set is, and which images it was drawn on."""
    from pydicom import Dataset

    volume = segmentation.volume
    dataset.StructureSetLabel = "Lungs"
    if "model" in segmentation.provenance:
        dataset.StructureSetName = maker_of(segmentation)
    dataset.StructureSetDate, dataset.StructureSetTime = content_time(source_header(volume))
    dataset.OperatorsName = None
    dataset.FrameOfReferenceUID = volume.identity.frame_of_reference_uid
    dataset.PositionReferenceIndicator = None
    series, frame = Dataset(), Dataset()
    series.SeriesInstanceUID = volume.identity.series_uid
    series.ContourImageSequence = [image_reference(one, with_frame=False) for one in instances(volume)]
    study = instance_reference(_STUDY_CLASS, volume.identity.study_uid)
    study.RTReferencedSeriesSequence = [series]
    frame.FrameOfReferenceUID = volume.identity.frame_of_reference_uid
    frame.RTReferencedStudySequence = [study]
    dataset.ReferencedFrameOfReferenceSequence = [frame]


def _structure(segmentation: Segmentation, label: Label) -> Dataset:
    from pydicom import Dataset

    item = Dataset()
    item.ROINumber = label.value
    item.ReferencedFrameOfReferenceUID = segmentation.volume.identity.frame_of_reference_uid
    item.ROIName = structure_name(label)
    automatic = "model" in segmentation.provenance
    item.ROIGenerationAlgorithm = "AUTOMATIC" if automatic else None
    if automatic:
        item.ROIGenerationDescription = maker_of(segmentation)
    return item


def _drawn(volume: Volume, label: Label, contours: Iterable[Contour]) -> Dataset:
    """Return the contours of a structure; one that is nowhere has none."""
    from pydicom import Dataset

    item = Dataset()
    item.ROIDisplayColor = list(label.colour)
    item.ReferencedROINumber = label.value
    found = [_contour(volume, k, text, number) for number, (k, text) in enumerate(contours, start=1)]
    if found:
        item.ContourSequence = found
    return item


def _contour(volume: Volume, k: int, text: bytes, number: int) -> Dataset:
    from pydicom import Dataset
    from pydicom.charset import default_encoding
    from pydicom.dataelem import RawDataElement
    from pydicom.tag import Tag

    image = source_of(volume).slices[k]
    assert image is not None  # an interpolated slice has no contours
    item = Dataset()
    item.ContourNumber = number
    item.ContourImageSequence = [image_reference(image)]
    item.ContourGeometricType = "CLOSED_PLANAR"
    item.NumberOfContourPoints = (text.count(b"\\") + 1) // 3
    padded = text + b" " * (len(text) % 2)
    tag = Tag(_CONTOUR_DATA)
    item[tag] = RawDataElement(tag, "DS", len(padded), padded, 0, True, True)
    item.set_original_encoding(True, True, default_encoding)  # so that pydicom writes the bytes as they are: a third
    return item


def _observation(label: Label) -> Dataset:
    """Return what a structure is: an organ, with its code where it has one."""
    from pydicom import Dataset

    item = Dataset()
    item.ObservationNumber = item.ReferencedROINumber = label.value
    item.ROIObservationLabel = structure_name(label)[:16]
    if label.snomed:
        item.RTROIIdentificationCodeSequence = [code(label.snomed, "SCT", label.meaning[:64])]
    item.RTROIInterpretedType = "ORGAN"
    item.ROIInterpreter = None
    return item
