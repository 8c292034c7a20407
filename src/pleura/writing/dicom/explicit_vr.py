"""Data elements as bytes, explicit VR and little endian: for sequences whose items, one a frame, are alike.

A segmentation of 300 slices has some 500 items of 30 elements each; to build and write them in pydicom takes
longer than all the rest.

References: DICOM PS3.5 sections 7.1.2 (explicit VR), 7.5 (sequences).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

_LONG = frozenset({"OB", "OW", "SQ", "UN", "UT"})
_UNDEFINED = 0xFFFFFFFF
_META = 132
"""Where the elements of a file begin, after the preamble (PS3.10 section 7.1)."""
_META_GROUP, _LONGEST_META = b"\2\0", 1024
_IMPLICIT = b"1.2.840.10008.1.2\0"
"""The transfer syntax of elements that state no VR, as the meta group holds it, which states them always."""
_SEQUENCE_END = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)


def element(keyword: str, vr: str, value: bytes) -> bytes:
    """Return an element, its value padded to an even length: a UID and bytes with zero, text with a space."""
    padded = value + (b"\0" if vr in {"UI", "OB"} else b" ") * (len(value) % 2)
    return _head(keyword, vr, len(padded)) + padded


def text(keyword: str, vr: str, *values: object) -> bytes:
    """Return an element of values that are written as ASCII text, of any VR of text."""
    return element(keyword, vr, "\\".join(map(str, values)).encode("ascii"))


def sequence(keyword: str, items: Iterable[bytes]) -> bytes:
    """Return a sequence of items, each the bytes of its elements in the order of their tags."""
    content = b"".join(struct.pack("<HHL", 0xFFFE, 0xE000, len(item)) + item for item in items)
    return _head(keyword, "SQ", len(content)) + content


def encapsulated_pixels(frames: Iterable[bytes]) -> bytes:
    """Return the pixel data of compressed frames, with their offset table (PS3.5 section A.4)."""
    from pydicom.encaps import encapsulate

    return _head("PixelData", "OB", _UNDEFINED) + encapsulate(list(frames)) + _SEQUENCE_END


def is_whole(data: bytes) -> bool:
    """Say whether a file of ours ends where its last element does, by the lengths that its elements state."""
    position, implicit = _META, _IMPLICIT in data[:_LONGEST_META]
    while position + 8 <= len(data):
        vr = data[position + 4 : position + 6].decode("latin-1")
        head, form = (12, "<8xL") if vr in _LONG else (8, "<6xH")
        if implicit and data[position : position + 2] != _META_GROUP:
            head, form = 8, "<4xL"
        if position + head > len(data):
            return False
        (length,) = struct.unpack_from(form, data, position)
        if length == _UNDEFINED:
            return data.endswith(_SEQUENCE_END)
        position += head + length
    return position == len(data)


def _head(keyword: str, vr: str, length: int) -> bytes:
    from pydicom.datadict import tag_for_keyword

    tag = tag_for_keyword(keyword)
    assert tag is not None
    group, number = tag >> 16, tag & 0xFFFF
    if vr in _LONG:
        return struct.pack("<HH2sHL", group, number, vr.encode(), 0, length)
    return struct.pack("<HH2sH", group, number, vr.encode(), length)
