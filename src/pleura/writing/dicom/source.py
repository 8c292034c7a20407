"""The header of the scan, and references to its images."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from pleura.reading.dicom.dataset import quiet_pydicom
from pleura.volume import DicomSource, SourceSlice, Volume

if TYPE_CHECKING:
    from pydicom import Dataset


def source_of(volume: Volume) -> DicomSource:
    """Return the DICOM source of a volume that `refuse_unsuitable` let pass."""
    assert volume.source is not None
    return volume.source


def source_header(volume: Volume) -> Dataset:
    """Return the header of the first image of a scan, without pixels."""
    from pydicom import dcmread

    with quiet_pydicom():
        return dcmread(BytesIO(source_of(volume).header), stop_before_pixels=True, force=True)


def image_reference(one: SourceSlice, *, with_frame: bool = True) -> Dataset:
    """Return the item that refers to the image of a slice, in an object of many frames to its frame.

    References
    ----------
    DICOM PS3.3 table 10-3, Image SOP Instance Reference Macro.
    """
    item = instance_reference(one.class_uid, one.instance_uid)
    if one.frame is not None and with_frame:
        item.ReferencedFrameNumber = one.frame
    return item


def instance_reference(class_uid: str, instance_uid: str) -> Dataset:
    """Return the item that refers to an instance as a whole (PS3.3 table 10-11)."""
    from pydicom import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = class_uid, instance_uid
    return item


def instances(volume: Volume) -> list[SourceSlice]:
    """Return a slice of each instance of a scan once, in the order of the slices."""
    found = {one.instance_uid: one for one in source_of(volume).slices if one is not None}
    return list(found.values())


def referenced_series(volume: Volume) -> Dataset:
    """Return the item of a ReferencedSeriesSequence that names all instances of the scan.

    References
    ----------
    DICOM PS3.3 section C.12.4, Common Instance Reference Module.
    """
    from pydicom import Dataset

    series = Dataset()
    series.SeriesInstanceUID = volume.identity.series_uid
    series.ReferencedInstanceSequence = [image_reference(one, with_frame=False) for one in instances(volume)]
    return series
