"""The volumes of a mask as a structured report, which refers to the segmentation they were counted in.

References: DICOM PS3.3 sections A.35.3 (Comprehensive SR), C.17 (its modules); PS3.16 TID 1500 (Measurement Report) and
TID 1411 (measurements of a region).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, BinaryIO

from pleura.conventions import SegType
from pleura.errors import UnwritableOutput, missing_extra
from pleura.measurement import Size
from pleura.reading.dicom.dataset import quiet_pydicom
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Volume
from pleura.writing.dicom.modules import ObjectKind, content_time, model_of, new_object
from pleura.writing.dicom.save import save
from pleura.writing.dicom.seg import seg_object
from pleura.writing.dicom.segments import MODEL_HASH, SIDES
from pleura.writing.dicom.source import image_reference, instance_reference, instances, source_header
from pleura.writing.dicom.suitable import refuse_unsuitable
from pleura.writing.dicom.uids import IMPLEMENTATION

if TYPE_CHECKING:
    from pydicom import Dataset

_KIND = ObjectKind("dicom-sr", "1.2.840.10008.5.1.4.1.1.88.33", "SR", 6, "Lungs, volumes")
_PROCEDURE = ("24627-2", "LN", "CT Chest")


def refuse_unmeasured(volume: Volume) -> None:
    """Refuse a scan that no report of volumes can be written of.

    Raises
    ------
    UnwritableOutput
        As `refuse_unsuitable`; or no volumes are known of it (`no-volumes`).
    MissingExtra
        highdicom is not installed.
    """
    refuse_unsuitable(volume)
    if volume.kind is Kind.RADIOGRAPH or volume.is_picture or not volume.spacing_known:
        text = "a report of volumes needs a CT whose spacing is known; write dicom-pdf for sizes of other kinds"
        raise UnwritableOutput(text, code="no-volumes")
    if find_spec("highdicom") is None:
        raise missing_extra("highdicom", "dicom")


@quiet_pydicom()
def write_sr(segmentation: Segmentation, file: BinaryIO, seg_type: SegType = "binary") -> None:
    """Write the volumes as a Comprehensive SR that refers to the segmentation that `write_seg` makes of the same type.

    Raises
    ------
    UnwritableOutput, MissingExtra
        See `refuse_unmeasured`.
    """
    volume = segmentation.volume
    refuse_unmeasured(volume)
    seg, _ = seg_object(segmentation, seg_type)
    report = _report(segmentation, seg)
    dataset = new_object(segmentation, _KIND, hashlib.sha256(repr(report).encode()).hexdigest(), seg_type)
    for element in report:
        dataset.add(element)
    dataset.InstanceNumber = 1
    dataset.CompletionFlag, dataset.VerificationFlag = "COMPLETE", "UNVERIFIED"
    dataset.ContentDate, dataset.ContentTime = content_time(source_header(volume))
    dataset.PerformedProcedureCodeSequence, dataset.ReferencedPerformedProcedureStepSequence = [], []
    dataset.CurrentRequestedProcedureEvidenceSequence = [_evidence(volume, seg)]
    save(dataset, volume, file)


def _report(segmentation: Segmentation, seg: Dataset) -> Dataset:
    """Return the root of the report's content: who measured what, and a group of measurements a structure."""
    from highdicom import sr

    name, version, sha256 = model_of(segmentation)
    device = sr.DeviceObserverIdentifyingAttributes(
        uid=IMPLEMENTATION,
        name="pleura",
        manufacturer_name="pleura",
        model_name=f"{name} {version}"[:64],
        serial_number=sha256[:64],
    )
    observer = sr.ObserverContext(sr.CodedConcept("121007", "DCM", "Device"), device)
    algorithm = sr.AlgorithmIdentification(name=name[:64], version=version[:64], parameters=[MODEL_HASH + sha256])
    groups = [
        _measured(size, segment, algorithm, seg, segmentation.volume)
        for size, segment in zip(segmentation.sizes.sizes, _described(seg), strict=True)
    ]
    report = sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_device_context=observer),
        procedure_reported=sr.CodedConcept(*_PROCEDURE),
        imaging_measurements=groups,
    )
    root: Dataset = report[0]
    return root


def _described(seg: Dataset) -> Iterable[Dataset]:
    """Return the segments of a segmentation, without the background that a label map lists."""
    return [segment for segment in seg.SegmentSequence if segment.SegmentNumber > 0]


def _measured(size: Size, segment: Dataset, algorithm: Any, seg: Dataset, volume: Volume) -> Any:
    """Return the measurements of one structure (TID 1411)."""
    from highdicom import sr

    kind = segment.SegmentedPropertyTypeCodeSequence[0]
    side = SIDES[size.label.side] if size.label.side else None
    site = sr.FindingSite(
        sr.CodedConcept(kind.CodeValue, kind.CodingSchemeDesignator, kind.CodeMeaning),
        laterality=sr.CodedConcept(*side) if side else None,
    )
    millilitres = sr.Measurement(
        name=sr.CodedConcept("118565006", "SCT", "Volume"),
        value=round(size.ml or 0.0, 3),
        unit=sr.CodedConcept("ml", "UCUM", "ml"),
    )
    return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=segment.TrackingUID, identifier=segment.TrackingID),
        referenced_segment=sr.ReferencedSegment(
            seg.SOPClassUID,
            seg.SOPInstanceUID,
            int(segment.SegmentNumber),
            source_series=sr.SourceSeriesForSegmentation(volume.identity.series_uid),
        ),
        finding_type=sr.CodedConcept(kind.CodeValue, kind.CodingSchemeDesignator, kind.CodeMeaning),
        finding_sites=[site],
        algorithm_id=algorithm,
        measurements=[millilitres],
    )


def _evidence(volume: Volume, seg: Dataset) -> Dataset:
    """Return what the report refers to: the segmentation, and the images of the scan (PS3.3 table C.17-3)."""
    from pydicom import Dataset

    images = [image_reference(one, with_frame=False) for one in instances(volume)]
    made = [instance_reference(seg.SOPClassUID, seg.SOPInstanceUID)]
    study = Dataset()
    study.StudyInstanceUID, study.ReferencedSeriesSequence = volume.identity.study_uid, []
    for uid, items in ((seg.SeriesInstanceUID, made), (volume.identity.series_uid, images)):
        series = Dataset()
        series.SeriesInstanceUID, series.ReferencedSOPSequence = uid, items
        study.ReferencedSeriesSequence.append(series)
    return study
