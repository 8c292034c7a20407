"""Compressed pixel data, through pydicom and a decoder that is named for each transfer syntax.

Which decoder pydicom would take by itself depends on what happens to be installed; those named here come with pleura.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pleura.arrays import Array
from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.reading.dicom.codestream import has_many_scans, is_sound_jpeg, j2k_size, jpeg_size, rle_padding
from pleura.reading.dicom.dataset import DEFLATED, quiet_dcmread
from pleura.reading.dicom.elements import NATIVE
from pleura.reading.dicom.gdcm_frames import SYNTAXES, frame_by_gdcm, single_stream
from pleura.reading.dicom.header import Header
from pleura.reading.dicom.sop_classes import class_name
from pleura.reading.limits import check_size

if TYPE_CHECKING:
    from pydicom import Dataset

_RLE = "1.2.840.10008.1.2.5"
_JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
_MOST_BITS = 16
"""Of a pixel: CT and radiographs have no more."""
_PADDED = 2
"""Bytes of padding from which an RLE segment is not as the standard has it."""
_JPEG = (50, 51, 57, 70)
_JPEG_LS = (80, 81)
_JPEG_2000 = (90, 91)
_HTJ2K = (201, 202, 203)
"""Last numbers of the transfer syntaxes 1.2.840.10008.1.2.4.x (DICOM PS3.6, A)."""
PLUGINS = (
    dict.fromkeys((*NATIVE, DEFLATED), "")
    | {_RLE: "pylibjpeg"}
    | {f"1.2.840.10008.1.2.4.{number}": "pylibjpeg" for number in (*_JPEG_2000, *_HTJ2K)}
    | {f"1.2.840.10008.1.2.4.{number}": "gdcm" for number in (*_JPEG, *_JPEG_LS)}
)
"""Transfer syntax -> pydicom's name for the decoder; empty where pydicom needs none."""


_SIZES = {uid: jpeg_size if plugin == "gdcm" else j2k_size for uid, plugin in PLUGINS.items() if plugin and uid != _RLE}
"""Transfer syntax -> what reads the size that a stream states."""


def decode(header: Header, indices: Sequence[int], *, colour: bool = False) -> Iterator[Array]:
    """Yield the stored values (y, x) of frames of one file, or with `colour` red, green and blue (y, x, 3).

    Raises
    ------
    UnreadableInput : the stream is damaged or cut short, or is of another size than the header says
    UnsuitableInput : no decoder is known for the transfer syntax, or for pixels of so many bits
    """
    if header.syntax not in PLUGINS:
        name = class_name(header.syntax)
        raise UnsuitableInput(
            f"the transfer syntax is not supported: {name}; export the series uncompressed", code="transfer-syntax"
        )
    if PLUGINS[header.syntax] and not 0 < header.bits_stored <= header.bits_allocated <= _MOST_BITS:
        stated = f"{header.bits_stored} of {header.bits_allocated} bits"  # at which a decoder ends the whole program
        raise UnsuitableInput(
            f"compressed pixels of {stated} are not supported; export the series uncompressed",
            code="unsupported-pixels",
        )
    check_size((header.rows, header.columns), max(1, header.bits_allocated // 8), header.path.stat().st_size)
    if not colour and (found := _only_frame(header)) is not None:
        yield found
        return
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.pixels.processing import apply_color_lut
    from pydicom.uid import UID

    with quiet_dcmread(header.path) as dataset:
        plugins = _checked_plugins(dataset, header, indices)
        for index in indices:
            try:
                decoder = get_decoder(UID(header.syntax))
                pixels, _ = decoder.as_array(dataset, index=index, raw=not colour, decoding_plugin=plugins[index])
                if colour and pixels.ndim == 2:
                    pixels = apply_color_lut(pixels, dataset)
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # decoders raise whatever they like, a panic of Rust is no Exception
                raise UnreadableInput(
                    "the pixel data are damaged or cut short; copy or export the file again", code="truncated"
                ) from error
            if pixels.shape != (header.rows, header.columns, 3)[: 3 if colour else 2] or pixels.dtype.kind not in "iu":
                raise UnreadableInput(
                    "the pixel data do not have Rows x Columns pixels; export the file again", code="damaged"
                )
            yield pixels


def _only_frame(header: Header) -> Array | None:
    """Return the one frame of a file by GDCM, None of any other file and where anything is not as it should be."""
    stream = single_stream(header) if header.frame_count == 1 and header.syntax in SYNTAXES else None
    if stream is None:
        return None
    _refuse_other_size(stream, header)
    return frame_by_gdcm(stream, header)


def _checked_plugins(dataset: Dataset, header: Header, indices: Sequence[int]) -> dict[int, str]:
    """Return the decoder for each frame, once its stream has been found to be of the size that the header says."""
    from pydicom.encaps import generate_frames

    plugin = PLUGINS[header.syntax]
    if not plugin:
        return dict.fromkeys(indices, plugin)
    if header.syntax == _JPEG_EXTENDED and header.bits_stored > 8:
        plugin = _twelve_bit_plugin()
    wanted, plugins = set(indices), {}
    try:
        tables = dataset.get("ExtendedOffsetTable"), dataset.get("ExtendedOffsetTableLengths")
        extended = tables if all(tables) else None
        streams = generate_frames(dataset.PixelData, number_of_frames=header.frame_count, extended_offsets=extended)
        for index, stream in zip(range(max(wanted) + 1), streams, strict=False):
            if index in wanted:
                plugins[index] = _rle_plugin(stream, header) if header.syntax == _RLE else plugin
                _refuse_other_size(stream, header)
    except UnreadableInput:
        raise
    except Exception as error:  # pydicom raises many kinds of error on damaged offsets
        raise UnreadableInput(
            "the pixel data are damaged or cut short; copy or export the file again", code="truncated"
        ) from error
    if wanted - plugins.keys():
        raise UnreadableInput(
            "there are fewer pictures in the pixel data than the header says; copy or export the file again",
            code="truncated",
        )
    return plugins


def _twelve_bit_plugin() -> str:
    """Return the decoder for JPEG of 12 bits with loss, which does not come with pleura."""
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import UID

    if "pylibjpeg" not in get_decoder(UID(_JPEG_EXTENDED)).available_plugins:
        text = "JPEG Extended of 12 bits needs a decoder that is not there: pip install pylibjpeg-libjpeg"
        raise UnsuitableInput(f"{text}, or export the file uncompressed", code="transfer-syntax")
    return "pylibjpeg"


def _rle_plugin(stream: bytes, header: Header) -> str:
    """Return the decoder for a sound stream: the fast one does not survive more than the byte of padding allowed."""
    padding = rle_padding(stream, header.rows * header.columns, header.samples * header.bits_allocated // 8)
    if padding is None:
        raise UnreadableInput(
            "the pixel data are damaged or cut short; copy or export the file again", code="truncated"
        )
    return PLUGINS[_RLE] if padding < _PADDED else "pydicom"


def _refuse_other_size(stream: bytes, header: Header) -> None:
    """Refuse a stream of another size than the header says, for which a decoder might allocate gigabytes."""
    if header.syntax not in _SIZES:
        return
    found = _SIZES[header.syntax](stream)
    by_gdcm = PLUGINS[header.syntax] == "gdcm"
    if found is None or (by_gdcm and (has_many_scans(stream) or not is_sound_jpeg(stream, header.bits_allocated))):
        raise UnreadableInput(
            "the pixel data are damaged or cut short; copy or export the file again", code="truncated"
        )
    if found != (header.rows, header.columns, header.samples):
        stated = " x ".join(map(str, found[:2]))
        text = f"the compressed picture is {stated}, the header says {header.rows} x {header.columns}"
        raise UnreadableInput(text, code="damaged")
