"""Frames decoded by GDCM and taken from its own memory, for the lossless JPEGs that scanners and archives write.

GDCM's Python binding gives a decoded frame as text only, and to make text of it, and bytes of that again, takes longer
than decoding. The bytes themselves are reached by their address, once there are as many as the picture has.
"""

from __future__ import annotations

import ctypes
import struct
from typing import Any

import numpy as np

from pleura.arrays import Array
from pleura.reading.dicom.header import Header

SYNTAXES = {
    f"1.2.840.10008.1.2.4.{number}": name
    for number, name in (
        (57, "JPEGLosslessProcess14"),
        (70, "JPEGLosslessProcess14_1"),
        (80, "JPEGLSLossless"),
    )
}
"""Transfer syntax -> GDCM's name for it."""
_ITEM = struct.Struct("<LL")
_FRAGMENT, _END = 0xE000FFFE, 0xE0DDFFFE
"""Tags of an item of pixel data, and of their end, as they are stored: group, then element."""


def frame_by_gdcm(stream: bytes, header: Header) -> Array | None:
    """Return the stored values (y, x) of a stream, or None where it is not one of 16 bits a pixel, or is damaged.

    Parameters
    ----------
    stream : one frame, of the size that the header says
    """
    if header.syntax not in SYNTAXES or (header.samples, header.bits_allocated) != (1, 16):
        return None
    import gdcm

    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.ExplicitVRLittleEndian))
    image = _image(stream, header)
    change.SetInput(image)
    image.thisown = False  # `change` counts itself as the one owner, and deletes it
    if not change.Change():
        return None
    values = change.GetOutput().GetDataElement().GetByteValue()
    length = 2 * header.rows * header.columns
    if values is None or str(values.GetLength()) != str(length):
        return None
    copied = ctypes.string_at(int(values.GetVoidPointer()), length)  # while `change`, whose memory it is, is there
    del values, change
    return _signed(np.frombuffer(copied, "<u2").reshape(header.rows, header.columns), header)


def single_stream(header: Header) -> bytes | None:
    """Return the compressed stream of the one frame of a file, of however many fragments; None where it is not whole.

    References
    ----------
    DICOM PS3.5 section A.4: items of a sequence, the first of which holds offsets.
    """
    if (header.pixel_offset or -1) < 0:
        return None
    with header.path.open("rb") as file:
        file.seek(header.pixel_offset or 0)
        data = file.read()
    position = 0
    fragments: list[bytes] = []
    while position + _ITEM.size <= len(data):
        tag, length = _ITEM.unpack_from(data, position)
        position += _ITEM.size
        if tag == _END:
            return b"".join(fragments[1:]) or None
        if tag != _FRAGMENT or position + length > len(data):
            return None
        fragments.append(data[position : position + length])
        position += length
    return None


def _image(stream: bytes, header: Header) -> Any:
    """Return a frame as an image of GDCM, still compressed."""
    import gdcm

    fragment, fragments = gdcm.Fragment(), gdcm.SequenceOfFragments.New()
    fragment.SetByteStringValue(stream)
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((header.columns, header.rows, 1))
    image.SetDataElement(element)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(gdcm.PhotometricInterpretation.MONOCHROME2))
    image.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, SYNTAXES[header.syntax])))
    bits = header.bits_stored
    image.SetPixelFormat(gdcm.PixelFormat(1, header.bits_allocated, bits, bits - 1, int(header.signed)))
    return image


def _signed(stored: Array, header: Header) -> Array:
    """Return stored bits as numbers: where they are signed, what lies above them is their sign."""
    if not header.signed:
        return stored
    spare = 16 - header.bits_stored
    return (stored << spare).view(np.int16) >> spare
