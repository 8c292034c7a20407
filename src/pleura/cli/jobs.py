"""Which scans a command line asks for, and where each result goes; decided before any work is begun."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from pleura.errors import UnreadableInput, UnwritableOutput
from pleura.reading.dicom import is_litter
from pleura.reading.dicom_elements import read_elements
from pleura.reading.dicom_headers import Header, header_of
from pleura.reading.dicom_objects import is_radiograph, objection
from pleura.reading.sniff import Format, sniff
from pleura.segmentation import Segmentation
from pleura.volume import Note
from pleura.writing import SUFFIXES, is_ours, record_path, suffix_of

_RESULTS, _PICTURE = "lungs", "-preview.png"
_IMAGE_SUFFIX = re.compile(
    r"(\.(nii|hdr|img|nrrd|nhdr|mha|mhd|png|jpe?g|tiff?|bmp|gif|webp|jp2|dcm|ima|zip))?(\.gz)?$", re.IGNORECASE
)
"""What an image is named, and what a result's name leaves out of it; other dots belong to the name, as in a UID."""


@dataclass(frozen=True)
class Job:
    """One scan and its result: the `output` that was named, or a `stem` to which the fitting suffix is added."""

    source: Path
    output: Path | None = None
    stem: Path = Path(_RESULTS)

    def target(self, segmentation: Segmentation) -> Path:
        """Return the path of the mask: a PNG for a picture, compressed NIfTI otherwise, unless it was named."""
        suffix = ".png" if segmentation.volume.planar else ".nii.gz"
        return self.output or self.stem.with_name(self.stem.name + suffix)


def plan(paths: Sequence[Path], output: Path | None, *, series: str | None = None) -> list[Job]:
    """Return the jobs of a command line.

    Parameters
    ----------
    paths : the positional arguments: inputs, or one INPUT and its OUTPUT where `output` is not given
    output : the value of `--output`: a file for one scan, a folder for any number
    series : the value of `--series`; a folder of which one series is wanted is one scan

    Raises
    ------
    UnwritableOutput
        It is not said where each result goes (`where-to`), or a named output would overwrite something that is not an
        earlier result (`output-is-input`, `output-exists`).
    """
    if output is None and len(paths) > 2:
        raise UnwritableOutput("for several scans, name a folder for the results with -o FOLDER", code="where-to")
    if output is None and len(paths) == 2:
        paths, output = paths[:1], paths[1]
        if not _names_a_file(output):
            raise UnwritableOutput(
                f"OUTPUT ends in one of {', '.join(SUFFIXES)}; for several scans, or for a folder, use -o FOLDER",
                code="where-to",
            )
    sources = list(paths) if series else [scan for path in paths for scan in _scans(path)]
    if output is not None and _names_a_file(output):
        if len(sources) > 1:
            raise UnwritableOutput(f"{len(sources)} scans do not go into one file; use -o FOLDER", code="where-to")
        guard([output, record_path(output)], identities(sources))
        return [Job(sources[0], output)]
    if output is None and sources == list(paths):
        return [Job(sources[0])]
    folder = output or Path(_RESULTS)
    return [Job(source, stem=folder / name) for source, name in zip(sources, _names(sources), strict=True)]


def identities(sources: Iterable[Path]) -> frozenset[tuple[int, int]]:
    """Return what tells files and folders apart whatever they are called: device and number of each that is there."""
    stats = [source.stat() for source in sources if source.exists()]
    return frozenset((stat.st_dev, stat.st_ino) for stat in stats)


def guard(files: Sequence[Path], inputs: frozenset[tuple[int, int]]) -> None:
    """Refuse to write over anything that is not an earlier result of ours: an input, or a file of other making.

    `inputs` are the `identities` of the former. Empty files, such as those made to reserve a name, are free to be
    written to.

    Raises
    ------
    UnwritableOutput
        With the code `output-is-input` or `output-exists`.
    """
    for file in files:
        if not file.exists() or (file.is_file() and not file.stat().st_size):
            continue
        if identities([file]) & inputs:
            raise UnwritableOutput(f"{file} is the input; name another output", code="output-is-input")
        if not is_ours(file):
            raise UnwritableOutput(
                f"{file} exists and is not an earlier result; name another output or remove it", code="output-exists"
            )


def picture_path(target: Path) -> Path:
    """Return where the preview of the mask at `target` lies."""
    return target.with_name(target.name[: -len(suffix_of(target))] + _PICTURE)


def _names_a_file(path: Path) -> bool:
    try:
        return bool(suffix_of(path)) and not path.is_dir()
    except UnwritableOutput:
        return False


def left_out(source: Path) -> tuple[Note, ...]:
    """Return a note on the pictures and volumes in a folder that is read as one DICOM scan."""
    if not source.is_dir():
        return ()
    claims = ((file, _claim(file)) for file in _files(source))
    count = sum(claim not in {None, Format.DICOM} and not is_ours(file) for file, claim in claims)
    text = f"beside the DICOM files the folder holds other images ({count}), which were left out; name them one by one"
    return (Note("images-left-out", text),) if count else ()


def _scans(path: Path) -> list[Path]:
    """Return each scan of a folder that holds many; anything else is one scan.

    A folder that holds CT slices, however deep, is one scan, and so is a frontal radiograph with what belongs to it.
    Of any other folder each image is one, however deep, the damaged ones among them. Earlier results of ours are none.
    """
    if not path.is_dir():
        return [path]
    images: list[Path] = []
    radiographs: list[Path] = []
    frontal = 0
    for file in _files(path):
        found = _format(file)
        if found is Format.DICOM:
            header = _header(file)
            sound = header is not None and objection(header) is None
            if header is not None and sound and not is_radiograph(header):
                return [path]
            radiographs.append(file)
            frontal += sound
        elif found is not None and not is_ours(file):
            images.append(file)
    return sorted([*images, *radiographs]) if images or frontal > 1 else [path]


def _files(folder: Path) -> list[Path]:
    """Return the files of a folder, however deep, without hidden ones and litter, sorted."""
    entries = (entry for entry in folder.rglob("*") if not entry.is_dir())
    return sorted(entry for entry in entries if not is_litter(entry.relative_to(folder).parts))


def _format(file: Path) -> Format | None:
    """Return what a file is by its content, or what it claims to be where that cannot be told; None if no image."""
    try:
        found, _ = sniff(file)
    except (UnreadableInput, OSError):
        return _claim(file)
    return _claim(file) if found is Format.ZIP else found  # a document may be a zip too


def _claim(file: Path) -> Format | None:
    """Return what the suffix says: DICOM, some other image, or None."""
    suffix = _IMAGE_SUFFIX.search(file.name)
    claimed = suffix[1] if suffix else None
    if not claimed:
        return None
    return Format.DICOM if claimed.lower() in {".dcm", ".ima"} else Format.RASTER


def _header(file: Path) -> Header | None:
    """Return what a DICOM file says of itself, or None where it is damaged."""
    try:
        return header_of(file, read_elements(file))
    except (UnreadableInput, OSError):
        return None


def _names(sources: Sequence[Path]) -> list[str]:
    """Return a name for each result, after its source; equal ones are numbered."""
    names: dict[str, None] = {}
    for source in sources:
        whole = source.resolve().name if source.name in {"", ".."} else source.name
        stem = whole if source.is_dir() else _IMAGE_SUFFIX.sub("", whole)
        numbered = (f"{stem}_{number}_{_RESULTS}" for number in count(2))
        names[next(name for name in chain([f"{stem}_{_RESULTS}"], numbered) if name not in names)] = None
    return list(names)
