"""Voxels from a file straight into the one array that is kept, a piece at a time, packed or not.

Whatever follows the last voxel is not unpacked, so that a file costs no more than its header says.
"""

from __future__ import annotations

import io
import zlib
from typing import IO, TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.errors import UnreadableInput

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PIECE = 1 << 20
"""Bytes unpacked at a time."""


def unpacked(file: IO[bytes], packing: str) -> IO[bytes]:
    """Return what the rest of a file unpacks to, as a file; `packing` is "gzip", "bzip2", "zlib" or empty for none."""
    if packing == "gzip":
        from isal import igzip

        return cast(IO[bytes], igzip.IGzipFile(fileobj=file, mode="rb"))  # type: ignore[no-untyped-call]
    if packing == "bzip2":
        import bz2

        return cast(IO[bytes], bz2.BZ2File(file))
    return cast(IO[bytes], _Inflated(file)) if packing == "zlib" else file


def read_into(file: IO[bytes], array: NDArray[np.generic], *, skip: int = 0) -> None:
    """Fill a contiguous array with the next bytes of a file, after `skip` of them.

    Raises
    ------
    UnreadableInput : the file ends too soon, or its compression is damaged
    """
    left = array.reshape(-1).view(np.uint8).data
    try:
        while skip:
            passed = len(file.read(min(skip, _PIECE)))
            if not passed:
                raise EOFError
            skip -= passed
        while left.nbytes:
            count = file.readinto(left[:_PIECE])  # type: ignore[attr-defined]
            if not count:
                raise EOFError
            left = left[count:]
    except (EOFError, OSError, ValueError, zlib.error) as error:
        raise UnreadableInput("the file is damaged or ends before the last voxel", code="truncated") from error


def read_array(file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[np.generic], *, skip: int = 0) -> Array:
    """Return the next voxels of a file in the byte order of this machine, after `skip` bytes; 8 bytes become 4.

    Programs write masks and scans in 64 bits because NumPy counts so. No value of either needs more than 32; integers
    beyond become the largest or lowest that these hold, numbers beyond infinite.

    Raises
    ------
    UnreadableInput : see `read_into`
    """
    array = np.empty(shape, kept_type(dtype))
    if array.itemsize == dtype.itemsize:
        stored = array.view(dtype)
        read_into(file, stored, skip=skip)
        return array if dtype.isnative else array.byteswap(inplace=True)
    plane = np.empty(shape[1:], dtype)
    for number, target in enumerate(array):
        read_into(file, plane, skip=0 if number else skip)
        if dtype.kind in "iu":
            bounds = np.iinfo(array.dtype)
            np.clip(plane, bounds.min, bounds.max, out=plane)
        with np.errstate(over="ignore"):
            target[...] = plane
    return array


def kept_type(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    """Return the type in which `read_array` keeps what is stored in another."""
    return np.dtype(f"{dtype.kind}{min(dtype.itemsize, 4)}")


class _Inflated(io.RawIOBase):
    """The rest of a file that zlib or gzip has packed without more ado."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file
        self._unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer as far as the file goes, by at least a byte unless it has ended."""
        target, piece = memoryview(buffer), b""
        while not piece and not self._unpacker.eof:
            packed = self._unpacker.unconsumed_tail or self._file.read(_PIECE)
            if not packed:
                break
            piece = self._unpacker.decompress(packed, len(target))
        target[: len(piece)] = piece
        return len(piece)
