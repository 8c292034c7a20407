"""What the stream of one compressed frame says of itself, read before a decoder believes it.

A decoder allocates what the stream states, whatever the DICOM header says; and one of them, for RLE, does not survive
runs that lead beyond the picture.

References: ISO/IEC 15444-1 A.5.1 (SIZ), ISO/IEC 10918-1 B.2.2 (SOF), ISO/IEC 14495-1 C.2.2, DICOM PS3.5 annex G (RLE).
"""

from __future__ import annotations

import re
import struct
from itertools import pairwise

import numpy as np

_J2K_START = b"\xff\x4f\xff\x51"
_J2K_BOXES = 4096
"""Bytes within which the codestream begins where it is wrapped in boxes, as a .jp2 file is."""
_NOT_FRAMES = frozenset({0xC4, 0xC8, 0xCC})
"""Markers among those of JPEG frames, C0 to CF, that are tables."""
_JPEG_LS_FRAME = 0xF7
"""Marker of a JPEG-LS frame (ISO 14495-1)."""
_FRAMES = ({*range(0xC0, 0xD0)} - _NOT_FRAMES) | {_JPEG_LS_FRAME}
_FRAME_IN_SCAN = re.compile(rb"\xff[%b]" % re.escape(bytes(sorted(_FRAMES))))
_SHORTEST_FRAME = 9
"""Bytes: precision, rows, columns, number of samples, and three of the first sample."""
_JPEG_SCAN = b"\xff\xda"
_MOST_SCANS = 500
"""Progressive pictures have about ten; each of many costs 3 ms in the largest picture that is read."""
_RLE_HEADER = 64
_MOST_SEGMENTS = 15
"""Bytes of the header, and segments that it has places for (DICOM PS3.5, G.5)."""


def j2k_size(stream: bytes) -> tuple[int, int, int] | None:
    """Return rows, columns and samples of a JPEG 2000 stream, or None where it does not say."""
    start = stream.find(_J2K_START, 0, _J2K_BOXES)
    if start < 0 or len(stream) < start + 42:
        return None
    right, bottom, left, top = struct.unpack_from(">4L", stream, start + 8)
    (samples,) = struct.unpack_from(">H", stream, start + 40)
    return bottom - top, right - left, samples


def jpeg_size(stream: bytes) -> tuple[int, int, int] | None:
    """Return rows, columns and samples of a JPEG or JPEG-LS stream, or None where it does not say."""
    position = stream.find(b"\xff\xd8") + 2
    while 2 <= position <= len(stream) - 10:
        marker, code = stream[position], stream[position + 1]
        if marker != 0xFF:
            return None
        if code == 0xFF:  # fill
            position += 1
        elif code == _JPEG_LS_FRAME or (0xC0 <= code <= 0xCF and code not in _NOT_FRAMES):
            rows, columns, samples = struct.unpack_from(">HHB", stream, position + 5)
            return rows, columns, samples
        else:
            position += 2 + struct.unpack_from(">H", stream, position + 2)[0]
    return None


def is_sound_jpeg(stream: bytes, bits: int) -> bool:
    """Say whether the markers of a JPEG or JPEG-LS stream are those of one picture of `bits` a sample at most.

    A decoder that finds a second frame or a giant precision ends the whole program. In the data of a
    scan no byte 255 stands before one of the markers looked for, or the data are damaged.
    """
    scan = _header_segments(stream)
    if scan is None:
        return False
    frames = [body for code, body in scan[0] if code in _FRAMES]
    if len(frames) != 1 or len(frames[0]) < _SHORTEST_FRAME:
        return False
    return 2 <= frames[0][0] <= bits and _FRAME_IN_SCAN.search(stream, scan[1]) is None


def _header_segments(stream: bytes) -> tuple[list[tuple[int, bytes]], int] | None:
    """Return code and content of each segment up to the first scan, and where that begins; None where none does."""
    position, found = stream.find(b"\xff\xd8") + 2, []
    while 2 <= position <= len(stream) - 4:
        marker, code, length = struct.unpack_from(">BBH", stream, position)
        if marker != 0xFF:
            return None
        if code == 0xFF:
            position += 1
            continue
        found.append((code, stream[position + 4 : position + 2 + length]))
        if length < 2 or position + 2 + length > len(stream):
            return None
        position += 2 + length
        if code == _JPEG_SCAN[1]:
            return found, position
    return None


def has_many_scans(stream: bytes) -> bool:
    """Say whether a JPEG stream goes over its picture so often that it is meant to cost time."""
    return stream.count(_JPEG_SCAN) > _MOST_SCANS


def rle_padding(stream: bytes, pixels: int, segments: int) -> int | None:
    """Return how many bytes of padding follow the segments of an RLE frame at most, or None where it is damaged.

    Each of the `segments` has to give `pixels` bytes, no less and no more, before it ends; zeros may follow.
    """
    if len(stream) < _RLE_HEADER:
        return None
    count, *starts = np.frombuffer(stream, "<u4", _MOST_SEGMENTS + 1).tolist()
    if count != segments or count > _MOST_SEGMENTS:
        return None
    bounds = [*starts[:count], len(stream)]
    if bounds[0] < _RLE_HEADER or any(end < start for start, end in pairwise(bounds)):
        return None
    ends = [(_last_run(stream, start, end, pixels), end) for start, end in pairwise(bounds)]
    if any(last is None or any(stream[last:end]) for last, end in ends):
        return None
    return max((end - (last or 0) for last, end in ends), default=0)


def _last_run(stream: bytes, position: int, end: int, pixels: int) -> int | None:
    """Return where the run ends with which one segment has given `pixels` bytes; None where no run ends there."""
    given = 0
    while given < pixels and position < end:
        count = stream[position]
        if count < 128:  # as many bytes, and one more, as they are
            given += count + 1
            position += count + 2
        elif count > 128:  # one byte, again and again
            given += 257 - count
            position += 2
        else:
            position += 1
    return position if given == pixels and position <= end else None
