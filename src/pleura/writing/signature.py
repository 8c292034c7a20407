"""The signature near the beginning of every file that `pleura` writes, by which a later run knows what it may replace.

It names the program and the input: the first half of the hash of its voxels, which is enough to distinguish inputs.
"""

from __future__ import annotations

import re
from pathlib import Path

from pleura import __version__
from pleura.errors import UnreadableInput
from pleura.file_format import has_dicom_preamble, read_head
from pleura.volume import Volume

_SIGNATURE = re.compile(rb'pleura \d+\.\d+|^\{\s*"program": \{\s*"name": "pleura"')
_INPUT = re.compile(rb"pleura \d+\.\d+\S* of ([0-9a-f]{32})")
_COLOUR_TYPE, _PALETTE = 25, 3
"""Place and value in the header of a PNG, which comes first (PNG specification, 11.2.2)."""
_PAGES = (b"<!doctype html>", b"%PDF-")
_NEAR = 512
"""Bytes: NIfTI's description ends at byte 228, NRRD's and MetaImage's comments are their second lines, and DICOM's
private information is the last of some ten short elements after byte 132."""
_MASK_CLASSES = (b"1.2.840.10008.5.1.4.1.1.66.", b"1.2.840.10008.5.1.4.1.1.481.3")
"""How the SOP classes of DICOM begin that hold a mask: segmentations, and structure sets."""


def signature_of(volume: Volume) -> str:
    """Return the signature of what is made from a volume; one that was never hashed has no input to name."""
    digits = volume.identity.sha256[:32]
    return f"pleura {__version__}" + (f" of {digits}" if digits else "")


def is_pleura_output(file: Path) -> bool:
    """Say whether a file is a mask, a sidecar, a preview or a page of `pleura`, or a folder that holds such alone."""
    if file.is_dir():
        files = list(file.iterdir())
        return bool(files) and all(one.is_file() and is_pleura_output(one) for one in files)
    return bool(_SIGNATURE.search(_start(file)))


def is_mask_output(file: Path) -> bool:
    """Say whether a file is a mask that `pleura` wrote, not a preview or another picture: as PNG it has a palette."""
    start = _start(file)
    if not _SIGNATURE.search(start) or start.startswith(b"{"):
        return False
    if has_dicom_preamble(start):
        return any(uid in start for uid in _MASK_CLASSES)
    if start.startswith(_PAGES):
        return False
    return not start.startswith(b"\x89PNG") or start[_COLOUR_TYPE] == _PALETTE


def input_of(file: Path) -> str:
    """Return the first 32 hexadecimal digits of the sha256 of the input of a mask or preview, or nothing."""
    found = _INPUT.search(_start(file))
    return found[1].decode() if found else ""


def _start(file: Path) -> bytes:
    """Return the first bytes of a file, or of the first file of a folder; nothing of what cannot be read."""
    try:
        if file.is_dir():
            file = min(file.iterdir(), default=file)
        return read_head(file)[0][:_NEAR]
    except (UnreadableInput, OSError):
        return b""
