"""What is measured of a mask as a structured report, which refers to the segmentation that it was measured in.

References: DICOM PS3.3 sections A.35.3 (Comprehensive SR), C.17 (its modules); PS3.16 TID 1500 (Measurement Report),
TID 1411 (measurements of a segment) and TID 1501 (of what has no segment of its own: both lungs, parts of them).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, BinaryIO, TypedDict

from pleura.conventions import SegType
from pleura.errors import UnwritableOutput, missing_extra
from pleura.labels import BOTH_LUNGS, Label
from pleura.measurement import Measurements, Region
from pleura.reading.dicom.dataset import quiet_pydicom
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Volume
from pleura.writing.dicom.measurement_codes import (
    CONCEPTS,
    LIMITATION,
    PARTS,
    limitation,
    values_of,
    values_of_both,
)
from pleura.writing.dicom.modules import ObjectKind, content_time, model_of, new_object
from pleura.writing.dicom.save import save
from pleura.writing.dicom.seg import seg_object
from pleura.writing.dicom.segments import BOTH_SIDES, LUNG, MODEL_HASH, SIDES, code, property_type
from pleura.writing.dicom.source import image_reference, instance_reference, instances, source_header
from pleura.writing.dicom.suitable import refuse_unsuitable
from pleura.writing.dicom.uids import IMPLEMENTATION, instance_uid

if TYPE_CHECKING:
    from highdicom import sr
    from pydicom import Dataset

    _Group = sr.MeasurementsAndQualitativeEvaluations | sr.VolumetricROIMeasurementsAndQualitativeEvaluations

    class _Shared(TypedDict):
        """What a group of measurements holds, whether it has a segment or not."""

        measurements: list[sr.Measurement]
        qualitative_evaluations: list[sr.QualitativeEvaluation] | None
        finding_sites: list[sr.FindingSite]
        algorithm_id: sr.AlgorithmIdentification | None


_KIND = ObjectKind("dicom-sr", "1.2.840.10008.5.1.4.1.1.88.33", "SR", 6, "Lungs, measurements")
_PROCEDURE = ("24627-2", "LN", "CT Chest")
_DECIMALS = 6
"""Of the numbers, as in tables."""


def refuse_unmeasured(volume: Volume) -> None:
    """Refuse a scan that no report of measurements can be written of.

    Raises
    ------
    UnwritableOutput
        As `refuse_unsuitable`; or no volumes are known of it (`no-volumes`).
    MissingExtra
        highdicom is not installed.
    """
    refuse_unsuitable(volume)
    if volume.kind is Kind.RADIOGRAPH or volume.is_picture or not volume.spacing_known:
        text = "a report of measurements needs a CT whose spacing is known; write dicom-pdf for sizes of other kinds"
        raise UnwritableOutput(text, code="no-volumes")
    if find_spec("highdicom") is None:
        raise missing_extra("highdicom", "dicom")


@quiet_pydicom()
def write_sr(segmentation: Segmentation, file: BinaryIO, seg_type: SegType = "binary") -> None:
    """Write the measurements as a Comprehensive SR that refers to the segmentation of this type by `write_seg`.

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
    """Return the root of the report's content: who measured what, and a group of measurements a region."""
    from highdicom import sr

    observer = sr.ObserverContext(sr.CodedConcept("121007", "DCM", "Device"), _device(segmentation))
    report = sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_device_context=observer),
        procedure_reported=sr.CodedConcept(*_PROCEDURE),
        imaging_measurements=list(_groups(segmentation, seg)),
    )
    root: Dataset = report[0]
    return root


def _device(segmentation: Segmentation) -> sr.DeviceObserverIdentifyingAttributes:
    """Return what measured: the program, and the model that marked what it measures, where one is known."""
    from highdicom import sr

    known = "model" in segmentation.provenance
    name, version, sha256 = model_of(segmentation)
    return sr.DeviceObserverIdentifyingAttributes(
        uid=IMPLEMENTATION,
        name="pleura",
        manufacturer_name="pleura",
        model_name=f"{name} {version}"[:64] if known else None,
        serial_number=sha256[:64] if known else None,
    )


def _groups(segmentation: Segmentation, seg: Dataset) -> Iterator[_Group]:
    """Yield the measurements of each structure with its segment, then those of both lungs and of parts of lungs."""
    from highdicom import sr

    measured = segmentation.measurements
    described = {one.TrackingID: one for one in seg.SegmentSequence if one.SegmentNumber > 0}
    for region in sorted(measured.regions, key=lambda one: one.part != "whole"):  # segments are whole, and come first
        segment = described.get(region.structure[:64]) if region.part == "whole" else None
        values = dict(values_of(region))
        if region.structure == BOTH_LUNGS and region.part == "whole":
            values |= values_of_both(measured.perc15_at_6_l_g_per_l, measured.asymmetry)
        shared: _Shared = {
            "measurements": [_number(key, value) for key, value in values.items()],
            "qualitative_evaluations": _limitations(values, region.part, measured) or None,
            "finding_sites": [_site(region, segmentation.structures)],
            "algorithm_id": _algorithm(segmentation),
        }
        if segment is not None:
            yield _of_segment(segment, seg, segmentation.volume, shared)
        elif region.voxels:
            name = region.structure if region.part == "whole" else f"{region.structure}, {region.part}"
            tracked = sr.TrackingIdentifier(
                uid=instance_uid(seg.SeriesInstanceUID, name), identifier=name.replace("_", " ")
            )
            yield sr.MeasurementsAndQualitativeEvaluations(
                tracking_identifier=tracked, finding_type=sr.CodedConcept(*LUNG), **shared
            )


def _of_segment(
    segment: Dataset, seg: Dataset, volume: Volume, shared: _Shared
) -> sr.VolumetricROIMeasurementsAndQualitativeEvaluations:
    """Return the group of one structure that refers to its segment (TID 1411)."""
    from highdicom import sr

    kind = segment.SegmentedPropertyTypeCodeSequence[0]
    return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=segment.TrackingUID, identifier=segment.TrackingID),
        referenced_segment=sr.ReferencedSegment(
            seg.SOPClassUID,
            seg.SOPInstanceUID,
            int(segment.SegmentNumber),
            source_series=sr.SourceSeriesForSegmentation(volume.identity.series_uid),
        ),
        finding_type=sr.CodedConcept(kind.CodeValue, kind.CodingSchemeDesignator, kind.CodeMeaning),
        **shared,
    )


def _number(key: str, value: float) -> sr.Measurement:
    """Return a measurement (TID 1419)."""
    from highdicom import sr

    concept = CONCEPTS[key]
    return sr.Measurement(
        name=sr.CodedConcept(*concept.name),
        value=round(value, _DECIMALS),
        unit=sr.CodedConcept(*concept.unit),
        derivation=sr.CodedConcept(*concept.derivation) if concept.derivation else None,
    )


def _limitations(values: Collection[str], part: str, measured: Measurements) -> list[sr.QualitativeEvaluation]:
    """Return what makes any number of a group meaningless, as codes."""
    from highdicom import sr

    keys = {part, *(key.partition("_")[0] if key.startswith("clusters_") else key for key in values)}
    found = dict.fromkeys(warning.code for warning in measured.warnings if not keys.isdisjoint(warning.keys))
    return [sr.QualitativeEvaluation(sr.CodedConcept(*LIMITATION), sr.CodedConcept(*limitation(one))) for one in found]


def _site(region: Region, structures: Iterable[Label]) -> sr.FindingSite:
    """Return where a region lies: the structure, its side, and the part of it."""
    from highdicom import sr

    label = next((one for one in structures if one.name == region.structure), None)
    kind = property_type(label) if label else code(*LUNG)
    side = SIDES[label.side] if label and label.side else BOTH_SIDES if region.structure == BOTH_LUNGS else None
    part = PARTS.get(region.part)
    return sr.FindingSite(
        sr.CodedConcept(kind.CodeValue, kind.CodingSchemeDesignator, kind.CodeMeaning),
        laterality=sr.CodedConcept(*side) if side else None,
        topographical_modifier=sr.CodedConcept(*part) if part else None,
    )


def _algorithm(segmentation: Segmentation) -> sr.AlgorithmIdentification | None:
    """Return the model that marked what is measured; None where the mask was read from a file that names none."""
    from highdicom import sr

    if "model" not in segmentation.provenance:
        return None
    name, version, sha256 = model_of(segmentation)
    return sr.AlgorithmIdentification(name=name[:64], version=version[:64], parameters=[MODEL_HASH + sha256])


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
