"""A mask as pictures that every archive shows: the slices of the scan with its outlines burnt in, at their own places.

Each picture is 8 bits deep with a palette, greys and one colour a structure, and lies where its slice lies, so that the
series scrolls beside the scan. Slices that were interpolated for missing ones are left out.

References: DICOM PS3.3 sections A.8.1 (Secondary Capture Image), C.8.6 (its modules), C.7.6.3.1.6 (palettes).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.labels import Label
from pleura.reading.dicom.dataset import quiet_pydicom
from pleura.rendering.overlay import inner_outline
from pleura.rendering.window import display_window, to_grey
from pleura.segmentation import Segmentation
from pleura.volume import Kind, SourceSlice, Volume
from pleura.writing.dicom.explicit_vr import encapsulated_pixels
from pleura.writing.dicom.frame_groups import decimal
from pleura.writing.dicom.modules import ObjectKind, content_time, maker_of, new_object, set_loss
from pleura.writing.dicom.save import RLE, save
from pleura.writing.dicom.segments import code
from pleura.writing.dicom.source import image_reference, source_header, source_of
from pleura.writing.dicom.suitable import refuse_unrelated
from pleura.writing.dicom.uids import instance_uid

if TYPE_CHECKING:
    from pydicom import Dataset

_KIND = ObjectKind("dicom-sc", "1.2.840.10008.5.1.4.1.1.7", "OT", 4, "Lungs, outlined")


@quiet_pydicom()
def write_secondary_captures(segmentation: Segmentation, folder: Path) -> None:
    """Write a file a slice into a folder that is empty: `0001.dcm` and so on, in the order of the slices.

    Raises
    ------
    UnwritableOutput
        See `refuse_unrelated`.
    """
    volume = segmentation.volume
    refuse_unrelated(volume)
    dataset = new_object(segmentation, _KIND, "")
    _describe(dataset, segmentation)
    labels = segmentation.labels.reshape(volume.shape)
    window = display_window(volume)
    for slot, image in enumerate(source_of(volume).slices):
        if image is None:
            continue
        picture = _drawn(to_grey(volume.voxels[slot], window), labels[slot], segmentation.structures)
        _set_image(dataset, image, slot, volume)
        digest = hashlib.sha256(picture.tobytes()).hexdigest()
        dataset.SOPInstanceUID = instance_uid(dataset.SeriesInstanceUID, f"{slot} {digest}")
        with (folder / f"{slot + 1:04d}.dcm").open("wb") as file:
            save(dataset, volume, file, syntax=RLE, tail=[_compressed(picture)])


def _drawn(grey: NDArray[np.uint8], labels: Array, structures: tuple[Label, ...]) -> NDArray[np.uint8]:
    """Return indices into the palette: greys from 0, and from the top down one for the outline of each structure."""
    picture = np.minimum(grey, 255 - len(structures))
    for place, label in enumerate(structures):
        picture[inner_outline(labels == label.value)] = 255 - place
    return picture


def _compressed(picture: NDArray[np.uint8]) -> bytes:
    from rle.utils import encode_pixel_data

    rows, columns = picture.shape
    how = {"rows": rows, "columns": columns, "samples_per_pixel": 1, "bits_allocated": 8}
    return encapsulated_pixels([encode_pixel_data(picture.tobytes(), **how)])


def _describe(dataset: Dataset, segmentation: Segmentation) -> None:
    """Set what all pictures share."""
    header = source_header(segmentation.volume)
    dataset.ConversionType = "WSD"
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    dataset.DerivationDescription = f"Outlines of the lungs by {maker_of(segmentation)}"
    dataset.DerivationCodeSequence = [code("113076", "DCM", "Segmentation")]
    dataset.ContentDate, dataset.ContentTime = content_time(header)
    dataset.BurnedInAnnotation = "YES" if header.get("BurnedInAnnotation") == "YES" else "NO"  # of who the patient is
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "PALETTE COLOR"
    dataset.Rows, dataset.Columns = segmentation.volume.shape[1:]
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    colours = [label.colour for label in reversed(segmentation.structures)]
    greys = [(grey, grey, grey) for grey in range(256 - len(colours))]
    for channel, keyword in enumerate(("Red", "Green", "Blue")):
        table = np.array([colour[channel] for colour in (*greys, *colours)], "<u2") * 257  # 8 bits spread over 16
        setattr(dataset, f"{keyword}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(dataset, f"{keyword}PaletteColorLookupTableData", table.astype("<u2").tobytes())
    set_loss(dataset, header)
    _set_space(dataset, segmentation.volume, header)


def _set_space(dataset: Dataset, volume: Volume, header: Dataset) -> None:
    """Set what all slices share of where they lie; a radiograph has a direction and no place."""
    dataset.PatientOrientation, dataset.Laterality = header.get("PatientOrientation"), None
    if volume.kind is Kind.RADIOGRAPH or not volume.identity.frame_of_reference_uid:
        return
    down, across = (volume.affine[:3, axis] / np.linalg.norm(volume.affine[:3, axis]) for axis in (1, 2))
    dataset.FrameOfReferenceUID = volume.identity.frame_of_reference_uid
    dataset.PositionReferenceIndicator = header.get("PositionReferenceIndicator")
    dataset.ImageOrientationPatient = [decimal(value) for value in (*across, *down)]
    if volume.spacing_known:
        dataset.PixelSpacing = [decimal(step) for step in volume.spacing[1:]]


def _set_image(dataset: Dataset, image: SourceSlice, slot: int, volume: Volume) -> None:
    """Set what is that of one slice."""
    source = image_reference(image)
    source.PurposeOfReferenceCodeSequence = [code("121322", "DCM", "Source image for image processing operation")]
    dataset.SourceImageSequence = [source]
    dataset.InstanceNumber = slot + 1
    if image.position and "FrameOfReferenceUID" in dataset:
        dataset.ImagePositionPatient = [decimal(value) for value in image.position]
        dataset.SliceThickness = decimal(volume.spacing[0])
