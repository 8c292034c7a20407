"""Compressed pixel data, through pydicom and a decoder that is named for each transfer syntax.

Which decoder pydicom would take by itself depends on what happens to be installed; those named here come with pleura.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from numpy.typing import NDArray

from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.reading.dicom_elements import DEFLATED, NATIVE
from pleura.reading.dicom_headers import Header
from pleura.reading.dicom_objects import class_name

_JPEG = (50, 51, 57, 70)
_JPEG_LS = (80, 81)
_JPEG_2000 = (90, 91)
_HTJ2K = (201, 202, 203)
PLUGINS = (
    dict.fromkeys((*NATIVE, DEFLATED), "")
    | {"1.2.840.10008.1.2.5": "pylibjpeg"}
    | {f"1.2.840.10008.1.2.4.{number}": "pylibjpeg" for number in (*_JPEG_2000, *_HTJ2K)}
    | {f"1.2.840.10008.1.2.4.{number}": "gdcm" for number in (*_JPEG, *_JPEG_LS)}
)
"""Transfer syntax -> pydicom's name for the decoder; empty where pydicom needs none."""


def decode(header: Header, indices: Sequence[int]) -> Iterator[NDArray[Any]]:
    """Yield the stored values (y, x) of frames of one file.

    Raises
    ------
    UnreadableInput : the stream is damaged or cut short
    UnsuitableInput : no decoder is known for the transfer syntax
    """
    import warnings

    import pydicom
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import UID

    if header.syntax not in PLUGINS:
        name = class_name(header.syntax)
        raise UnsuitableInput(f"the transfer syntax is not supported: {name}", code="transfer-syntax")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns about values that are not used here
        dataset = pydicom.dcmread(header.path, force=True)
        for index in indices:
            try:
                decoder = get_decoder(UID(header.syntax))
                pixels, _ = decoder.as_array(dataset, index=index, raw=True, decoding_plugin=PLUGINS[header.syntax])
            except Exception as error:  # decoders raise whatever they like on damaged streams
                raise UnreadableInput("the pixel data are damaged or cut short", code="truncated") from error
            if pixels.shape != (header.rows, header.columns) or pixels.dtype.kind not in "iu":
                raise UnreadableInput("the pixel data do not have Rows x Columns pixels", code="damaged")
            yield pixels
