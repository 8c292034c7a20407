"""The bytes of a label array, slice by slice, plain or compressed: the whole mask is never copied."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

_FASTEST = 1
"""ISA-L's level 1: on masks as small as its slower levels, and ten times as fast as zlib's first."""


class Container(enum.IntEnum):
    """How deflated bytes are wrapped, as zlib's `wbits` says it; neither holds a name or a time."""

    ZLIB = 15
    GZIP = 31


def slices(labels: NDArray[np.uint8]) -> Iterator[memoryview]:
    """Yield the bytes of each slice of a (z, y, x) array, or of a picture (y, x), the last axis fastest."""
    for plane in labels if labels.ndim == 3 else labels[None]:
        yield np.ascontiguousarray(plane).data


def deflate(chunks: Iterable[bytes | memoryview], container: Container) -> Iterator[bytes]:
    """Yield `chunks` compressed."""
    from isal import isal_zlib

    compressor = isal_zlib.compressobj(level=_FASTEST, wbits=int(container))
    for chunk in chunks:
        yield compressor.compress(chunk)
    yield compressor.flush()
