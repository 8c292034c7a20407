"""What the tests of reading share: the code of an error, a picture of the chest, and files whose bytes are changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest

import pleura
from pleura.errors import PleuraError
from pleura.text import printable

GREY = np.clip((chest()[0].astype(float) + 1350) / 1500 * 255, 0, 255).astype(np.uint8)
"""A slice as a picture shows it, (y, x), in the window of lungs."""


def error_code(path: Path, **how: object) -> str:
    """Return the code of the error that reading ends in: one line, fit to be printed, that names the path."""
    with pytest.raises(PleuraError) as caught:
        pleura.read(path, **how)  # type: ignore[arg-type]
    assert str(caught.value).isprintable()
    assert printable(path.name) in str(caught.value)
    return caught.value.code


def edited(path: Path, start: int, data: bytes) -> Path:
    """Overwrite bytes of a file."""
    whole = bytearray(path.read_bytes())
    whole[start : start + len(data)] = data
    path.write_bytes(bytes(whole))
    return path
