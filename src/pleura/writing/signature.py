"""The signature near the beginning of every file that `pleura` writes, by which a later run knows what it may replace.

It names the program and the input: the first half of the hash of its voxels, which is enough to distinguish inputs.
"""

from __future__ import annotations

import re
from pathlib import Path

from pleura import __version__
from pleura.errors import UnreadableInput
from pleura.file_format import read_head
from pleura.volume import Volume

_SIGNATURE = re.compile(rb'pleura \d+\.\d+|^\{\s*"program": \{\s*"name": "pleura"')
_INPUT = re.compile(rb"pleura \d+\.\d+\S* of ([0-9a-f]{32})")
_COLOUR_TYPE, _PALETTE = 25, 3
"""Place and value in the header of a PNG, which comes first (PNG specification, 11.2.2)."""
_NEAR = 512
"""Bytes: NIfTI's description ends at byte 228, NRRD's and MetaImage's comments are their second lines."""


def signature_of(volume: Volume) -> str:
    """Return the signature of what is made from a volume; one that was never hashed has no input to name."""
    digits = volume.identity.sha256[:32]
    return f"pleura {__version__}" + (f" of {digits}" if digits else "")


def is_pleura_output(file: Path) -> bool:
    """Say whether a file is a mask, a sidecar or a preview that `pleura` wrote."""
    return bool(_SIGNATURE.search(_start(file)))


def is_mask_output(file: Path) -> bool:
    """Say whether a file is a mask that `pleura` wrote, not a preview or another picture: as PNG it has a palette."""
    start = _start(file)
    if not _SIGNATURE.search(start) or start.startswith(b"{"):
        return False
    return not start.startswith(b"\x89PNG") or start[_COLOUR_TYPE] == _PALETTE


def input_of(file: Path) -> str:
    """Return the first 32 hexadecimal digits of the sha256 of the input of a mask or preview, or nothing."""
    found = _INPUT.search(_start(file))
    return found[1].decode() if found else ""


def _start(file: Path) -> bytes:
    try:
        return read_head(file)[0][:_NEAR]
    except (UnreadableInput, OSError):
        return b""
