"""The formats in which a result is written, by name: a suffix will not always do, since all of DICOM shares one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from pleura.conventions import SEG_TYPES, MaskFormat, SegType
from pleura.errors import InvalidOption, UnwritableOutput
from pleura.segmentation import Segmentation
from pleura.volume import Volume
from pleura.writing.dicom.pdf import write_pdf
from pleura.writing.dicom.rtstruct import write_rtstruct
from pleura.writing.dicom.secondary_capture import write_secondary_captures
from pleura.writing.dicom.seg import write_seg
from pleura.writing.dicom.sr import refuse_unmeasured, write_sr
from pleura.writing.dicom.suitable import refuse_projection, refuse_unrelated, refuse_unsuitable
from pleura.writing.itk import write_mha, write_nrrd
from pleura.writing.nifti import refuse_large, write_nifti, write_nifti_gz
from pleura.writing.png import refuse_slices, write_png

Writer = Callable[[Segmentation, BinaryIO], None]
"""Writes the labels to an open binary file."""


def _accept(volume: Volume) -> None:
    """Let any scan pass."""


@dataclass(frozen=True)
class OutputFormat:
    """What there is to know of a format.

    Attributes
    ----------
    writers : by the suffix of the file; of a format that is a folder of files there is none
    ending : what the name of a file ends in that nobody named, after the name of the scan
    refuse : raises `UnwritableOutput` where the format cannot hold a result of a volume, which is asked before the
        network runs
    write_folder : writes a result into an empty folder, of a format that is one
    """

    writers: Mapping[str, Writer]
    ending: str
    refuse: Callable[[Volume], None] = _accept
    write_folder: Callable[[Segmentation, Path], None] | None = None


FORMATS: Mapping[MaskFormat, OutputFormat] = {
    "nifti": OutputFormat({".nii.gz": write_nifti_gz, ".nii": write_nifti}, ".nii.gz", refuse_large),
    "nrrd": OutputFormat({".nrrd": write_nrrd}, ".nrrd"),
    "mha": OutputFormat({".mha": write_mha}, ".mha"),
    "png": OutputFormat({".png": write_png}, ".png", refuse_slices),
    "dicom-seg": OutputFormat({".dcm": write_seg}, "-seg.dcm", refuse_unsuitable),
    "rtstruct": OutputFormat({".dcm": write_rtstruct}, "-rtstruct.dcm", refuse_projection),
    "dicom-sr": OutputFormat({".dcm": write_sr}, "-sr.dcm", refuse_unmeasured),
    "dicom-sc": OutputFormat({}, "-sc", refuse_unrelated, write_secondary_captures),
    "dicom-pdf": OutputFormat({".dcm": write_pdf}, "-pdf.dcm", refuse_unrelated),
}
"""By name. Of formats that share a suffix the first is meant where only the suffix is given."""

SUFFIXES = tuple(dict.fromkeys(suffix for one in FORMATS.values() for suffix in one.writers))
"""The endings of an output's name."""


def format_of(path: Path, name: MaskFormat | None = None) -> MaskFormat:
    """Return the format of a file: the one that is named, or else the one that its suffix stands for.

    Raises
    ------
    InvalidOption
        No format has that name (`unknown-output-format`).
    UnwritableOutput
        The suffix is not one of the format, or of any (`unknown-suffix`).
    """
    if name is None:
        suffix = suffix_of(path)
        return next(known for known, one in FORMATS.items() if suffix in one.writers)
    if name not in FORMATS:
        text = f"there is no format {name!r} to write a mask in; choose from {', '.join(FORMATS)}"
        raise InvalidOption(text, code="unknown-output-format")
    if FORMATS[name].writers:
        _ending(path, tuple(FORMATS[name].writers))
    return name


def writer_for(path: Path, name: MaskFormat | None = None, seg_type: SegType = "binary") -> Writer:
    """Return the writer of `format_of` a file, of a format that is one file.

    Raises
    ------
    InvalidOption
        As `format_of`, or there is no such type of segmentation (`unknown-seg-type`).
    UnwritableOutput
        As `format_of`.
    """
    if seg_type not in SEG_TYPES:
        text = f"there is no type of segmentation {seg_type!r}; choose from {', '.join(SEG_TYPES)}"
        raise InvalidOption(text, code="unknown-seg-type")
    found = format_of(path, name)
    writers = FORMATS[found].writers
    writer = writers[_ending(path, tuple(writers))]
    if found == "dicom-seg":
        return partial(write_seg, seg_type=seg_type)
    return partial(write_sr, seg_type=seg_type) if found == "dicom-sr" else writer


def written_as(name: MaskFormat, seg_type: SegType) -> dict[str, str]:
    """Return what a sidecar states of how its mask is written."""
    return {"format": name, **({"seg_type": seg_type} if name in {"dicom-seg", "dicom-sr"} else {})}


def possible_stems(path: Path) -> set[str]:
    """Return what may have been the name of a result without what its format added to it."""
    endings = {ending for one in FORMATS.values() for ending in (one.ending, *one.writers)}
    return {path.name[: -len(ending)] for ending in endings if path.name.lower().endswith(ending)}


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
    end = "one of these" if len(suffixes) > 1 else "that"
    text = f"{path.name}: a mask is written as {', '.join(suffixes)}; end the name in {end}"
    raise UnwritableOutput(text, code="unknown-suffix")
