"""What a file may ask for: how much memory, and which other file. All readers share these bounds.

A header of a hundred bytes can state terabytes, and a megabyte of packed data can hold gigabytes. Whatever a file
states is compared with the bytes that are there before anything is allocated or unpacked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from pleura.errors import UnreadableInput

MOST_PIXELS = 1 << 26
"""Pixels of one slice or picture: 8192 x 8192, twice the largest detectors a side."""
MOST_BYTES = 1 << 30
"""Bytes of voxels that any file may state: 1000 slices of 512 x 512 in 32 bits."""
MOST_FILES = 50_000
"""Files of a folder or an archive: more than any study has, so that a disk or a hospital's archive is not searched."""
MOST_PACKED = 50
"""Times its own size that a file may state beyond that: scans pack to a half or a tenth, masks are small."""


def check_size(shape: Sequence[int], itemsize: int, stored: int) -> None:
    """Refuse voxels that are out of proportion to the `stored` bytes of the file or files that are to hold them.

    Parameters
    ----------
    shape : of the array, its last two axes those of a slice
    itemsize : bytes of one voxel

    Raises
    ------
    UnreadableInput : a giant size (`too-large`)
    """
    stated = math.prod(shape) * itemsize
    if math.prod(shape[-2:]) > MOST_PIXELS or stated > max(MOST_BYTES, MOST_PACKED * stored):
        size = " x ".join(map(str, shape))
        text = f"the header states a giant size of {size} voxels, out of proportion to the file"
        raise UnreadableInput(text, code="too-large")


def data_file(header: Path, name: str) -> Path:
    """Return the file of voxels that a header names; it has to lie in the header's own folder or below.

    A header that came by mail could else have any file of the machine read, and shown in a preview.

    Raises
    ------
    UnreadableInput : it lies elsewhere (`outside-folder`), also through a link; it is missing (`half-missing`), or a
        pipe or a device (`not-a-file`)
    """
    folder = header.parent.resolve()
    try:
        path = (folder / name).resolve()
        missing = not path.exists()
    except (OSError, ValueError, RuntimeError):  # a name that no file can have, or links in a circle
        path, missing = folder, True
    if not path.is_relative_to(folder):
        text = "the header names a file with the voxels outside its own folder; put the two side by side"
        raise UnreadableInput(text, code="outside-folder")
    if missing:
        raise UnreadableInput("the file with the voxels that the header names is missing", code="half-missing")
    if not path.is_file():
        raise UnreadableInput("the file with the voxels is a pipe, a device or a folder", code="not-a-file")
    return path
