"""Pixel data of DICOM slices as HU, straight into the one array that the volume keeps.

Uncompressed slices are read into their place and rescaled there, so that memory holds the volume and nothing else.
Compressed ones go through pydicom, with the decoder named for each transfer syntax: which one would be taken otherwise
depends on what happens to be installed.

References: DICOM PS3.5 section 8 (pixel data), PS3.3 section C.11.1.1.2 (rescale slope and intercept).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import FileIO
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.reading.dicom_elements import NATIVE
from pleura.reading.dicom_frames import Frame
from pleura.reading.dicom_headers import Header
from pleura.reading.values import AIR

_RLE = "1.2.840.10008.1.2.5"
_JPEG_2000 = frozenset({"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"})
_HTJ2K = frozenset({f"1.2.840.10008.1.2.4.{number}" for number in (201, 202, 203)})
_JPEG = frozenset({f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 57, 70)})
_JPEG_LS = frozenset({"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"})
LOSSY = frozenset({f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 81, 91, 203)})
"""Transfer syntaxes that may be lossy; only LossyImageCompression tells for 81, 91 and 203."""


def read_pixels(frames: Sequence[Frame | None], voxels: NDArray[np.int16]) -> None:
    """Read the frames into `voxels` (z, y, x) as HU; the slices of missing frames are interpolated.

    Raises
    ------
    UnreadableInput : pixel data are cut short or damaged
    UnsuitableInput : no decoder is known for the transfer syntax
    """
    for header, slots in _by_file(frames).items():
        if _readable_in_place(header):
            with header.path.open("rb", buffering=0) as file:
                for slot, frame in slots:
                    _read_in_place(file, frame, voxels[slot])
        else:
            for (slot, frame), stored in zip(slots, _decode(header, slots), strict=True):
                voxels[slot] = _rescaled(stored, frame)
    _fill_missing(frames, voxels)


def same_pixels(frames: Sequence[Frame]) -> bool:
    """Say whether frames hold the same HU throughout."""
    first, other = np.empty((2, 1, frames[0].header.rows, frames[0].header.columns), np.int16)
    read_pixels(frames[:1], first)
    for frame in frames[1:]:
        read_pixels([frame], other)
        if not np.array_equal(first, other):
            return False
    return True


def _by_file(frames: Sequence[Frame | None]) -> dict[Header, list[tuple[int, Frame]]]:
    files: dict[Header, list[tuple[int, Frame]]] = {}
    for slot, frame in enumerate(frames):
        if frame is not None:
            files.setdefault(frame.header, []).append((slot, frame))
    return files


def _readable_in_place(header: Header) -> bool:
    return header.syntax in NATIVE and header.bits_allocated == 16 and (header.pixel_offset or -1) > 0


def _read_in_place(file: FileIO, frame: Frame, voxels: NDArray[np.int16]) -> None:
    header = frame.header
    if header.pixel_length < (frame.index + 1) * voxels.nbytes:
        raise UnreadableInput("the pixel data are shorter than Rows and Columns say", code="truncated")
    file.seek((header.pixel_offset or 0) + frame.index * voxels.nbytes)
    if file.readinto(voxels.data.cast("B")) < voxels.nbytes:
        raise UnreadableInput("the file ends within the pixel data", code="truncated")
    if header.byte_order == ">":
        voxels.byteswap(inplace=True)
    slope, intercept = _rescale(frame)
    stored = _stored_bits(voxels if header.signed else voxels.view(np.uint16), header)
    fits = header.signed or header.bits_stored < 16 or int(stored.max()) < 1 << 15
    if slope == 1 and intercept.is_integer() and -31000 < intercept <= 0 and fits:
        np.maximum(voxels, AIR - int(intercept), out=voxels)  # before the sum, which could else wrap round
        voxels += int(intercept)
    else:
        voxels[...] = _rescaled(stored, frame)


def _stored_bits(pixels: NDArray[Any], header: Header) -> NDArray[Any]:
    """Clear, or fill with the sign, the bits above the stored ones, in place."""
    spare = pixels.dtype.itemsize * 8 - header.bits_stored
    if spare:
        pixels <<= spare
        pixels >>= spare
    return pixels


def _rescale(frame: Frame) -> tuple[float, float]:
    slope = 1.0 if frame.slope is None else frame.slope
    if slope == 0:
        raise UnreadableInput("RescaleSlope is zero", code="damaged")
    return slope, frame.intercept or 0.0


def _rescaled(stored: NDArray[Any], frame: Frame) -> NDArray[np.int16]:
    slope, intercept = _rescale(frame)
    values = np.rint(stored.astype(np.float64) * slope + intercept)
    return np.clip(values, AIR, np.iinfo(np.int16).max).astype(np.int16)


def _plugin(syntax: str) -> str:
    if syntax in NATIVE or syntax == "1.2.840.10008.1.2.1.99":
        return ""
    if syntax == _RLE or syntax in _JPEG_2000 | _HTJ2K:
        return "pylibjpeg"
    if syntax in _JPEG | _JPEG_LS:
        return "gdcm"
    from pydicom.uid import UID

    name = UID(syntax).name if syntax else "none stated"
    raise UnsuitableInput(f"the transfer syntax is not supported: {name}", code="transfer-syntax")


def _decode(header: Header, slots: Sequence[tuple[int, Frame]]) -> Iterator[NDArray[Any]]:
    """Yield the stored values of frames of one file, decoded by pydicom."""
    import warnings

    import pydicom
    from pydicom.pixels.decoders.base import get_decoder

    plugin = _plugin(header.syntax)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(header.path, force=True)
        for _, frame in slots:
            try:
                decoder = get_decoder(dataset.file_meta.TransferSyntaxUID)
                pixels, _ = decoder.as_array(dataset, index=frame.index, raw=True, decoding_plugin=plugin)
            except Exception as error:  # the decoders raise whatever they like on damaged streams
                raise UnreadableInput("the pixel data are damaged or cut short", code="truncated") from error
            if pixels.shape != (header.rows, header.columns):
                raise UnreadableInput("the pixel data do not have Rows x Columns pixels", code="damaged")
            yield _stored_bits(pixels.copy(), header)


def _fill_missing(frames: Sequence[Frame | None], voxels: NDArray[np.int16]) -> None:
    """Interpolate each missing slice between the nearest slices that are there."""
    there = [slot for slot, frame in enumerate(frames) if frame is not None]
    for below, above in pairwise(there):
        for slot in range(below + 1, above):
            weight = np.float32((slot - below) / (above - below))
            voxels[slot] = np.rint(voxels[below] * (1 - weight) + voxels[above] * weight)
