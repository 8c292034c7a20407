"""A phantom as a DICOM CT series, so that what reads patients can be tried on files as scanners write them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pleura.phantom.render import Phantom

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset
    from pydicom.uid import UID

_INTERCEPT = -1024


def write_dicom(phantom: Phantom, folder: str | Path) -> list[Path]:
    """Write one CT Image Storage file a slice, head first, and return their paths.

    The series is complete and anonymous: no name, no id, no date. Values are 12 bits in unsigned 16, to be rescaled
    by -1024. All UIDs follow from the voxels, so the same phantom always gives the same bytes.

    References
    ----------
    DICOM PS3.3 A.3, CT Image IOD.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, k in enumerate(range(phantom.volume.shape[0] - 1, -1, -1), start=1):
        path = folder / f"{number:04d}.dcm"
        _slice(phantom, k, number).save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def _uid(phantom: Phantom, part: str) -> UID:
    from pydicom.uid import generate_uid

    return generate_uid(entropy_srcs=[phantom.volume.identity.sha256, part])


def _slice(phantom: Phantom, k: int, number: int) -> FileDataset:
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = _uid(phantom, f"instance {number}")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    _describe(dataset, phantom, number)
    _place(dataset, phantom, k)
    _fill(dataset, phantom, k)
    return dataset


def _describe(dataset: FileDataset, phantom: Phantom, number: int) -> None:
    """Set patient, study, series and equipment; what would name a person or a day is present and empty."""
    for empty in (
        "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
        "AccessionNumber", "ReferringPhysicianName", "AcquisitionNumber", "PositionReferenceIndicator", "KVP",
    ):  # fmt: skip
        setattr(dataset, empty, None)
    dataset.ImageType = ["DERIVED", "PRIMARY", "AXIAL"]
    dataset.Modality = "CT"
    dataset.Manufacturer = "pleura"
    dataset.ManufacturerModelName = "phantom"
    dataset.SeriesDescription = "Synthetic chest"
    dataset.BodyPartExamined = "CHEST"
    dataset.PatientPosition = "HFS"
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "Computer-generated, no patient"
    dataset.StudyInstanceUID = _uid(phantom, "study")
    dataset.SeriesInstanceUID = _uid(phantom, "series")
    dataset.FrameOfReferenceUID = _uid(phantom, "frame of reference")
    dataset.SeriesNumber = 1
    dataset.InstanceNumber = number


def _place(dataset: FileDataset, phantom: Phantom, k: int) -> None:
    affine = phantom.volume.affine
    z, y, x = phantom.volume.spacing
    position = affine @ (k, 0, 0, 1)
    dataset.ImagePositionPatient = [round(float(value), 4) for value in position[:3]]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.SliceLocation = round(float(position[2]), 4)
    dataset.SliceThickness = round(z, 4)
    dataset.PixelSpacing = [round(y, 6), round(x, 6)]


def _fill(dataset: FileDataset, phantom: Phantom, k: int) -> None:
    pixels = phantom.volume.voxels[k].astype(np.int32) - _INTERCEPT
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = _INTERCEPT, 1, "HU"
    dataset.WindowCenter, dataset.WindowWidth = -600, 1600
    dataset.PixelData = np.clip(pixels, 0, 4095).astype("<u2").tobytes()
