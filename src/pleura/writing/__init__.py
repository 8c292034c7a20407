"""Write a segmentation: the mask in the format that the suffix names, and a JSON beside it that says what it is.

Each format is a file of its own and writes to an open binary file; this page chooses among them, and puts the result
in place only when it is whole.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from pleura.errors import UnwritableOutput
from pleura.files import atomic_write
from pleura.segmentation import Segmentation
from pleura.writing.itk import write_mha, write_nrrd
from pleura.writing.nifti import write_nifti, write_nifti_gz
from pleura.writing.notebook import as_html
from pleura.writing.preview import write_preview
from pleura.writing.raster import write_png
from pleura.writing.sidecar import (
    fingerprint,
    read_sidecar,
    sidecar_fields,
    write_sidecar,
)
from pleura.writing.signature import is_pleura_output

__all__ = [
    "SUFFIXES",
    "as_html",
    "is_pleura_output",
    "read_sidecar",
    "sidecar_fields",
    "sidecar_path",
    "suffix_of",
    "write",
    "write_preview",
]

_WRITERS: dict[str, Callable[[Segmentation, BinaryIO], None]] = {
    ".nii.gz": write_nifti_gz,
    ".nii": write_nifti,
    ".nrrd": write_nrrd,
    ".mha": write_mha,
    ".png": write_png,
}
SUFFIXES = tuple(_WRITERS)
"""The endings of an output's name that say its format."""


def write(segmentation: Segmentation, path: str | Path) -> Path:
    """Write the labels on the scan's own grid, and `sidecar_path(path)` beside them.

    Parameters
    ----------
    path : ends in `.nii.gz`, `.nii`, `.nrrd`, `.mha`, or, for one slice, `.png`; an earlier file is replaced

    Returns
    -------
    path : as given

    Raises
    ------
    UnwritableOutput
        The suffix is unknown or does not suit the scan (`unknown-suffix`, `one-slice-only`, `too-large`), or the
        place cannot be written to (`no-such-folder`, `not-written`).
    """
    path = Path(path)
    writer = _WRITERS[suffix_of(path)]
    with atomic_write(path) as file:
        writer(segmentation, file)
        file.flush()
        written = fingerprint(Path(file.name))
        sidecar_path(path).unlink(missing_ok=True)  # it would tell of the earlier mask, were we stopped before the next
    with atomic_write(sidecar_path(path)) as file:
        write_sidecar(segmentation, written, file)
    return path


def suffix_of(path: Path) -> str:
    """Return which of `SUFFIXES` the name of `path` ends in, whatever its case.

    Raises
    ------
    UnwritableOutput
        With the code `unknown-suffix`.
    """
    for suffix in SUFFIXES:
        if path.name.lower().endswith(suffix):
            return suffix
    raise UnwritableOutput(
        f"{path.name}: a mask is written as {', '.join(SUFFIXES)}; end the name in one of these", code="unknown-suffix"
    )


def sidecar_path(path: Path) -> Path:
    """Return where the JSON of the mask at `path` lies: the name of the mask, and `.json`."""
    return path.with_name(f"{path.name}.json")
