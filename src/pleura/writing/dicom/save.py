"""A DICOM object as a file, with the signature by which a later run knows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO

from pleura.reading.dicom.dataset import quiet_pydicom
from pleura.reading.dicom.elements import EXPLICIT_LITTLE
from pleura.volume import Volume
from pleura.writing.dicom.uids import IMPLEMENTATION
from pleura.writing.signature import signature_of

if TYPE_CHECKING:
    from pydicom import Dataset

RLE = "1.2.840.10008.1.2.5"


def save(
    dataset: Dataset, volume: Volume, file: BinaryIO, *, syntax: str = EXPLICIT_LITTLE, tail: Iterable[bytes] = ()
) -> None:
    """Write an object as a DICOM file (PS3.10 section 7.1); the signature is the private information of its header.

    Parameters
    ----------
    tail : the elements that follow those of the data set, as bytes of explicit VR and little endian
    """
    from pydicom import dcmwrite
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    meta.ImplementationClassUID, meta.ImplementationVersionName = UID(IMPLEMENTATION), "PLEURA"
    meta.PrivateInformationCreatorUID = UID(IMPLEMENTATION)
    meta.PrivateInformation = signature_of(volume).encode()
    dataset.file_meta = meta
    with quiet_pydicom():
        dcmwrite(file, dataset, enforce_file_format=True)
    for elements in tail:
        file.write(elements)
