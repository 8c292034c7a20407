"""Bytes of labels are whole, in order, and the same on any day."""

from __future__ import annotations

import gzip
import zlib

import numpy as np
import pytest

from pleura.writing.compress import Container, deflate, slices

LABELS = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def test_slices_are_the_bytes_of_the_array_with_the_last_axis_fastest() -> None:
    assert b"".join(slices(LABELS)) == bytes(range(24))
    assert b"".join(slices(LABELS[0])) == bytes(range(12))  # a picture


def test_turned_view_is_written_in_its_own_order() -> None:
    assert b"".join(slices(LABELS.transpose(2, 0, 1)[::-1])) == LABELS.transpose(2, 0, 1)[::-1].tobytes()


UNPACK = {Container.GZIP: gzip.decompress, Container.ZLIB: zlib.decompress}


@pytest.mark.parametrize("container", UNPACK)
def test_compressed_bytes_unpack_to_what_went_in(container: Container) -> None:
    for chunks, whole in ((slices(LABELS), bytes(range(24))), ([], b"")):
        assert UNPACK[container](b"".join(deflate(chunks, container))) == whole


def test_gzip_header_holds_neither_a_time_nor_a_name() -> None:
    header = b"".join(deflate(slices(LABELS), Container.GZIP))[:10]
    assert header[3] == 0  # no flags: no name, no comment
    assert header[4:8] == bytes(4)  # no time
