"""What writers of DICOM need of the files that a volume was read from, kept while the files are at hand.

Files of an archive are gone once it is read, so the header itself is kept, not its path.
"""

from __future__ import annotations

from collections.abc import Sequence

from pleura.reading.dicom.frames import Frame
from pleura.reading.dicom.header import Header
from pleura.reading.dicom.sop_classes import ENHANCED
from pleura.volume import DicomSource, SourceSlice


def dicom_source(frames: Sequence[Frame | None]) -> DicomSource:
    """Return the header of the first frame, and which image each slice is; None in the place of a missing frame."""
    first = next(frame for frame in frames if frame is not None)
    return DicomSource(_header_bytes(first.header), tuple(None if frame is None else _slice(frame) for frame in frames))


def _slice(frame: Frame) -> SourceSlice:
    header = frame.header
    numbered = header.frame_count > 1 or header.sop_class in ENHANCED
    x, y, z = frame.position or (0.0, 0.0, 0.0)
    return SourceSlice(
        header.sop_class,
        frame.instance_uid,
        frame.index + 1 if numbered else None,
        (x, y, z) if frame.is_placed else None,
    )


def _header_bytes(header: Header) -> bytes:
    """Return a file up to its pixel data, or as a whole where only pydicom can find these."""
    with header.path.open("rb") as file:
        return file.read(header.pixel_offset) if (header.pixel_offset or -1) > 0 else file.read()
