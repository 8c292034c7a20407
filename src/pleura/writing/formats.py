"""The formats in which a mask is written, by name: a suffix will not always do, since all of DICOM shares one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, Literal

from pleura.errors import InvalidOption, UnwritableOutput
from pleura.segmentation import Segmentation
from pleura.writing.itk import write_mha, write_nrrd
from pleura.writing.nifti import write_nifti, write_nifti_gz
from pleura.writing.png import write_png

MaskFormat = Literal["nifti", "nrrd", "metaimage", "png"]
Writer = Callable[[Segmentation, BinaryIO], None]
"""Writes the labels to an open binary file."""

WRITERS: Mapping[MaskFormat, Mapping[str, Writer]] = {
    "nifti": {".nii.gz": write_nifti_gz, ".nii": write_nifti},
    "nrrd": {".nrrd": write_nrrd},
    "metaimage": {".mha": write_mha},
    "png": {".png": write_png},
}
"""The writer of each format, by the suffix of the file."""

SUFFIXES = tuple(suffix for writers in WRITERS.values() for suffix in writers)
"""The endings of an output's name."""


def writer_for(path: Path, name: MaskFormat | None = None) -> Writer:
    """Return the writer of a format, or where none is named, of the format that the suffix of `path` stands for.

    Raises
    ------
    InvalidOption
        No format has that name (`unknown-output-format`).
    UnwritableOutput
        The suffix is not one of the format, or of any (`unknown-suffix`).
    """
    if name is None:
        known = {suffix: writer for writers in WRITERS.values() for suffix, writer in writers.items()}
        return known[suffix_of(path)]
    if name not in WRITERS:
        text = f"there is no format {name!r} to write a mask in; choose from {', '.join(WRITERS)}"
        raise InvalidOption(text, code="unknown-output-format")
    return WRITERS[name][_ending(path, tuple(WRITERS[name]))]


def suffix_of(path: Path) -> str:
    """Return which of `SUFFIXES` the name of `path` ends in, whatever its case.

    Raises
    ------
    UnwritableOutput
        With the code `unknown-suffix`.
    """
    return _ending(path, SUFFIXES)


def _ending(path: Path, suffixes: tuple[str, ...]) -> str:
    for suffix in suffixes:
        if path.name.lower().endswith(suffix):
            return suffix
    text = f"{path.name}: a mask is written as {', '.join(suffixes)}; end the name in one of these"
    raise UnwritableOutput(text, code="unknown-suffix")
