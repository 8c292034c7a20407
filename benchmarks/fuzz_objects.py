"""DICOM segmentations and structure sets that `fuzz.py` begins with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from fuzz_parts import PYDICOM_SYNTAXES, SHAPE, SPACING, Seed, encoded, hu, item, single

from pleura.phantom import chest
from pleura.reading import read
from pleura.segmentation import Segmentation

SEG = "1.2.840.10008.5.1.4.1.1.66.4"
STRUCTURES = "1.2.840.10008.5.1.4.1.1.481.3"


def objects(folder: Path) -> Iterator[Seed]:
    """Yield segmentations and structure sets of the series in a folder: of other making, and our own."""
    import pydicom

    path = sorted((folder / "series").iterdir())[4]
    yield Seed("seg-binary", {"a.dcm": encoded(_segmentation(pydicom.dcmread(path)), "1.2.840.10008.1.2.1")})
    implicit = encoded(_segmentation(pydicom.dcmread(path)), PYDICOM_SYNTAXES["implicit"])
    yield Seed("seg-implicit", {"a.dcm": implicit})
    yield Seed("rtstruct-explicit", {"a.dcm": encoded(_structure_set(pydicom.dcmread(path)), "1.2.840.10008.1.2.1")})
    exclusive = _structure_set(pydicom.dcmread(path))
    for contour in exclusive.ROIContourSequence[0].ContourSequence:
        contour.ContourGeometricType = "CLOSEDPLANAR_XOR"
    yield Seed("rtstruct-exclusive", {"a.dcm": encoded(exclusive, "1.2.840.10008.1.2.1")})
    volume = read(path.parent)
    right_left = (hu() < -500) * (1 + (np.arange(hu().shape[2]) > hu().shape[2] // 2))
    lungs = Segmentation(right_left.astype(np.uint8), volume)
    options: dict[str, dict[str, Any]] = {
        "seg-own": {},
        "seg-labelmap": {"seg_type": "labelmap"},
        "rtstruct-keyholes": {"format": "rtstruct"},
    }
    for name, how in options.items():
        yield single(name, lungs.write(folder / f"{name}.dcm", **how))
    fractional = _segmentation(pydicom.dcmread(path))
    fractional.SegmentationType, fractional.MaximumFractionalValue = "FRACTIONAL", 255
    fractional.BitsAllocated, fractional.BitsStored, fractional.HighBit = 8, 8, 7
    fractional.PixelData = (np.stack([hu() < -500, hu() > 0]) * np.uint8(200)).tobytes()
    yield Seed("seg-fractional", {"a.dcm": encoded(fractional, "1.2.840.10008.1.2.1")})


def _segmentation(dataset: Any) -> Any:
    marked = np.stack([hu() < -500, hu() > 0])
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = SEG
    dataset.Modality, dataset.SegmentationType = "SEG", "BINARY"
    dataset.SamplesPerPixel = dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit = dataset.PixelRepresentation = 0
    dataset.NumberOfFrames = 2 * len(hu())
    dataset.PixelData = np.packbits(marked.ravel(), bitorder="little").tobytes()
    dataset.SegmentSequence = [item(SegmentNumber=n, SegmentLabel=name) for n, name in ((1, "lung"), (2, "body"))]
    dataset.SharedFunctionalGroupsSequence = [
        item(
            PixelMeasuresSequence=item(PixelSpacing=[9.0, 9.0], SliceThickness=30.0, SpacingBetweenSlices=30.0),
            PlaneOrientationSequence=item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0]),
        )
    ]
    dataset.PerFrameFunctionalGroupsSequence = [
        item(
            PlanePositionSequence=item(ImagePositionPatient=[0, 0, 30.0 * k]),
            SegmentIdentificationSequence=item(ReferencedSegmentNumber=n),
        )
        for n in (1, 2)
        for k in range(len(hu()))
    ]
    return dataset


def _structure_set(dataset: Any) -> Any:
    del dataset.PixelData
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = STRUCTURES
    dataset.Modality = "RTSTRUCT"
    dataset.StructureSetROISequence = [item(ROINumber=1, ROIName="lung")]
    origin = chest(shape=SHAPE, spacing=SPACING).volume.affine @ np.array([[k, 10, 10, 1] for k in range(3)]).T
    contours = []
    for x, y, z in origin[:3].T:
        points = [x, y, z, x + 90, y, z, x + 90, y + 90, z, x, y + 90, z]
        contours.append(item(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=4, ContourData=points))
    structure = item(ReferencedROINumber=1)
    structure.ContourSequence = contours
    dataset.ROIContourSequence = [structure]
    return dataset
