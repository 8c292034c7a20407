"""Synthetic CT slices as DICOM files, each defect of real archives on request; for the tests of several packages."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import ExplicitVRLittleEndian

from pleura.volume import Volume

CT = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
ROOT = "1.2.826.0.1.3680043.8.498"
CR = "1.2.840.10008.5.1.4.1.1.1"
RAMP = np.arange(64 * 64).reshape(64, 64).astype(np.uint16)
"""Every 12 bit value once, growing along the rows."""
BYTES = (RAMP // 16).astype(np.uint8)
"""The same in 8 bits."""
CT_ONLY = ("ImagePositionPatient", "ImageOrientationPatient", "SliceThickness", "RescaleSlope", "RescaleIntercept")


def chest(shape: tuple[int, int, int] = (24, 64, 64)) -> NDArray[np.int16]:
    """Return (z, y, x) HU: air, a body from 40 HU, two lungs from -850, every slice and voxel a little different."""
    z, y, x = shape
    down, across = np.mgrid[0:y, 0:x]
    v, u = (down - y / 2 + 0.5) / (y / 2), (across - x / 2 + 0.5) / (x / 2)
    plane = np.where(u**2 + v**2 < 0.81, 40, -1000)
    plane = np.where(((abs(u) - 0.4) / 0.28) ** 2 + (v / 0.5) ** 2 < 1, -850, plane)
    texture = (down * 7 + across * 3) % 101
    return np.stack([plane + texture + k % 7 for k in range(z)]).astype(np.int16)


def ct_slice(
    hu: NDArray[Any],
    position: Sequence[float],
    *,
    orientation: Sequence[float] = AXIAL,
    spacing: Sequence[float] = (5.0, 5.0),
    slope: float = 1,
    intercept: float = -1024,
    stored: NDArray[Any] | None = None,
    **elements: Any,
) -> Dataset:
    """Return one CT slice.

    `hu` (y, x) is stored through `slope` and `intercept` as unsigned 16 bit, unless `stored` gives the values as they
    are (their type then says signed or not, 8 or 16 bit). `elements` are set last, by keyword; None removes one.
    """
    pixels = np.rint((hu - intercept) / slope).astype(np.uint16) if stored is None else stored
    number = elements.get("InstanceNumber", 1)
    dataset = Dataset()
    dataset.SOPClassUID = CT
    dataset.SOPInstanceUID = f"{ROOT}.9.{abs(hash(tuple(position))) % 10**9}.{number}"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.Modality = "CT"
    dataset.PatientName = "Nobody^Someone"
    dataset.PatientID = "SECRET-7"
    dataset.PatientBirthDate = "19520229"
    dataset.BodyPartExamined = "CHEST"
    dataset.StudyInstanceUID = f"{ROOT}.1"
    dataset.SeriesInstanceUID = f"{ROOT}.2"
    dataset.FrameOfReferenceUID = f"{ROOT}.3"
    dataset.AcquisitionNumber = 1
    dataset.InstanceNumber = number
    dataset.ImagePositionPatient = [f"{value:.6f}" for value in position]
    dataset.ImageOrientationPatient = [f"{value:.9f}"[:16] for value in orientation]
    dataset.PixelSpacing = list(spacing)
    dataset.SliceThickness = 5
    dataset.RescaleSlope = slope
    dataset.RescaleIntercept = intercept
    _set_pixels(dataset, pixels)
    for keyword, value in elements.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    return dataset


def series(
    hu: NDArray[Any],
    *,
    step: Sequence[float] = (0.0, 0.0, 5.0),
    start: Sequence[float] = (-160.0, -160.0, -300.0),
    **elements: Any,
) -> list[Dataset]:
    """Return a series of slices, each `step` millimetres (x, y, z) on from the one before."""
    places = [np.add(start, np.multiply(step, k)) for k in range(len(hu))]
    return [
        ct_slice(plane, place, **{"InstanceNumber": k + 1, **elements})
        for k, (plane, place) in enumerate(zip(hu, places, strict=True))
    ]


def enhanced(hu: NDArray[Any], order: Sequence[int], *, step: float = 5.0, intercept: float = -1024) -> Dataset:
    """Return an enhanced multi-frame CT whose frames come in `order`, position and rescale in the functional groups."""
    dataset = ct_slice(hu[0], (0, 0, 0), intercept=intercept, SOPClassUID=ENHANCED_CT)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(dataset, keyword)
    del dataset.RescaleSlope, dataset.RescaleIntercept
    dataset.NumberOfFrames = len(order)
    shared, measures, plane = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [2.0, 1.5], 5
    plane.ImageOrientationPatient = list(AXIAL)
    shared.PixelMeasuresSequence = DicomSequence([measures])
    shared.PlaneOrientationSequence = DicomSequence([plane])
    dataset.SharedFunctionalGroupsSequence = DicomSequence([shared])
    dataset.PerFrameFunctionalGroupsSequence = DicomSequence([_frame(k * step, intercept) for k in order])
    dataset.PixelData = np.stack([hu[k] - intercept for k in order]).astype(np.uint16).tobytes()
    return dataset


def _frame(z: float, intercept: float) -> Dataset:
    frame, place, values = Dataset(), Dataset(), Dataset()
    place.ImagePositionPatient = [-160, -160, z]
    values.RescaleSlope, values.RescaleIntercept, values.RescaleType = 1, intercept, "HU"
    frame.PlanePositionSequence = DicomSequence([place])
    frame.PixelValueTransformationSequence = DicomSequence([values])
    return frame


def _set_pixels(dataset: Dataset, pixels: NDArray[Any]) -> None:
    bits = pixels.dtype.itemsize * 8
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    dataset.PixelData = pixels.tobytes()


def save(dataset: Dataset, path: Path, *, syntax: str = ExplicitVRLittleEndian) -> Path:
    """Write a data set as a file in `syntax`: native, or one that pydicom can compress to."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        uid = type(ExplicitVRLittleEndian)(syntax)
        if uid.is_compressed and not uid.is_deflated:
            dataset.compress(uid, encoding_plugin="pylibjpeg")
        elif not uid.is_little_endian:
            pixels = np.frombuffer(dataset.PixelData, f"<u{dataset.BitsAllocated // 8}")
            dataset.PixelData = pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
        dataset.file_meta.TransferSyntaxUID = uid
        implicit, little = uid.is_implicit_VR, uid.is_little_endian
        dataset.save_as(path, implicit_vr=implicit, little_endian=little, enforce_file_format=True)
    return path


def save_all(datasets: Sequence[Dataset], folder: Path, *, names: Mapping[int, str] | None = None, **how: Any) -> Path:
    """Write data sets into a folder, as `0000.dcm`... or under `names`; return the folder."""
    for k, dataset in enumerate(datasets):
        save(dataset, folder / (names[k] if names else f"{k:04d}.dcm"), **how)
    return folder


def radiograph(stored: NDArray[Any] = RAMP, *, bits: int = 12, **elements: Any) -> Dataset:
    """Return a radiograph of `stored` values (y, x); `elements` are set last, by keyword; None removes one."""
    wanted = {
        "SOPClassUID": CR,
        "Modality": "CR",
        "ViewPosition": "PA",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "PixelSpacing": None,
        **dict.fromkeys(CT_ONLY),
        "BitsStored": bits,
        "HighBit": bits - 1,
        **elements,
    }
    number = int(elements.get("InstanceNumber", 1))
    dataset = ct_slice(stored, (0, 0, number), stored=stored, **{k: v for k, v in wanted.items() if v is not None})
    for keyword, value in wanted.items():
        if value is None:
            delattr(dataset, keyword)
    return dataset


def codes(volume: Volume) -> set[str]:
    """Return the codes of the notes of a volume."""
    return {note.code for note in volume.notes}
