"""pydicom, silent and under one error, where more is needed of a file than the few elements of `elements`."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypedDict, Unpack

from pleura.errors import PleuraError, UnreadableInput
from pleura.file_format import has_dicom_preamble
from pleura.reading.limits import MOST_PACKED

if TYPE_CHECKING:
    from pydicom import FileDataset

DEFLATED = "1.2.840.10008.1.2.1.99"
_LONGEST_META = 1 << 16
"""Bytes within which the file meta information ends: it has a dozen short elements."""
_MOST_INFLATED = 1 << 29
"""Bytes that any deflated data set may hold: 1000 slices of 512 x 512."""
_PIECE = 1 << 20
"""Bytes inflated at a time, after each of which the limit is looked at."""
_META = 0x0002
"""Group of the file meta information (DICOM PS3.10, 7.1)."""


_PASSED_ON = (PleuraError, MemoryError, ImportError, NameError, KeyboardInterrupt, SystemExit, GeneratorExit)
"""What says more of its cause than that the file is damaged."""


class _ReadOptions(TypedDict, total=False):
    """What `pydicom.dcmread` may be asked to leave out, or to read later."""

    stop_before_pixels: bool
    specific_tags: list[str]
    defer_size: int


@contextmanager
def quiet_dcmread(
    path: Path, *, damaged: str = "the file is damaged; copy or export it again", **options: Unpack[_ReadOptions]
) -> Iterator[FileDataset]:
    """Yield what `pydicom.dcmread` makes of a file, to be used within the block.

    pydicom converts values when they are first used, so its warnings and errors come anywhere in the block. It inflates
    a deflated file whole; here it is counted before, a piece at a time.

    Parameters
    ----------
    damaged : the sentence of the error of a damaged file
    options : of `pydicom.dcmread`

    Raises
    ------
    UnreadableInput : the file is damaged (`damaged`), or deflated and out of all proportion to its size (`too-large`)
    """
    import pydicom

    _refuse_bomb(path)
    with path.open("rb") as file, quiet_pydicom():
        try:
            yield pydicom.dcmread(file, force=True, **options)
        except _PASSED_ON:
            raise
        except BaseException as error:  # of many kinds from pydicom; a panic of its decoders in Rust is no Exception
            raise UnreadableInput(damaged, code="damaged") from error


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Silence warnings of pydicom, which are about values that are not used here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _refuse_bomb(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(_LONGEST_META)
        if DEFLATED.encode() not in head:
            return
        file.seek(_meta_end(head))
        most = max(_MOST_INFLATED, MOST_PACKED * path.stat().st_size)
        if _inflated_length(file, most) > most:
            raise UnreadableInput("a deflated file that holds a giant size; export it uncompressed", code="too-large")


def _meta_end(head: bytes) -> int:
    """Return where the data set begins, after the file meta information (PS3.10 section 7.1)."""
    position = 132 if has_dicom_preamble(head) else 0
    try:
        while struct.unpack_from("<H", head, position)[0] == _META:
            long = head[position + 4 : position + 6] in {b"OB", b"OW", b"UN", b"SQ", b"UT"}
            length = struct.unpack_from("<L" if long else "<H", head, position + (8 if long else 6))[0]
            position += (12 if long else 8) + length
    except struct.error as error:
        raise UnreadableInput("the DICOM header is damaged; copy or export the file again", code="damaged") from error
    return position


def _inflated_length(file: IO[bytes], most: int) -> int:
    """Return how many bytes the rest of a file inflates to, counted to a little over `most`."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    length = 0
    try:
        while length <= most and (packed := inflater.unconsumed_tail or file.read(_PIECE)):
            length += len(inflater.decompress(packed, _PIECE))
    except zlib.error:
        pass  # whoever reads the file says so
    return length
