"""Which scans a folder holds: one of DICOM slices, many in folders of their own, or each of its images."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pleura.errors import UnreadableInput
from pleura.reading.dicom import is_litter
from pleura.reading.dicom_elements import read_elements
from pleura.reading.dicom_headers import Header, header_of
from pleura.reading.dicom_objects import is_radiograph, objection
from pleura.reading.sniff import Format, sniff
from pleura.volume import Note
from pleura.writing import is_ours

IMAGE_SUFFIX = re.compile(
    r"(\.(nii|hdr|img|nrrd|nhdr|mha|mhd|png|jpe?g|tiff?|bmp|gif|webp|jp2|dcm|ima|zip))?(\.gz)?$", re.IGNORECASE
)
"""What an image is named, and what a result's name leaves out of it; other dots belong to the name, as in a UID."""


@dataclass
class _Content:
    """What lies in one folder itself.

    Attributes
    ----------
    slices_of : study of its CT slices; empty where it has none, and the rest is only known where it has none
    study : of its first DICOM file
    images : files other than DICOM
    frontal, other : radiographs that can be segmented, and what else is DICOM
    """

    slices_of: str = ""
    study: str = ""
    images: list[Path] = field(default_factory=list)
    frontal: list[Path] = field(default_factory=list)
    other: list[Path] = field(default_factory=list)


def scans_in(path: Path) -> list[Path]:
    """Return each scan of a folder that holds many; anything else is one scan.

    A folder that holds CT slices of one study, however deep, is one scan, and so is a frontal radiograph with what
    belongs to it. Where it holds several studies in folders of their own, each of these folders is one, and whatever
    lies outside them. Of any other folder each image is one, however deep, the damaged ones among them. Earlier results
    of ours are none.
    """
    if not path.is_dir():
        return [path]
    by_folder: dict[Path, list[Path]] = defaultdict(list)
    for file in _files(path):
        by_folder[file.parent].append(file)
    contents = {folder: _content(files) for folder, files in by_folder.items()}
    studies = {folder: content.slices_of for folder, content in contents.items() if content.slices_of}
    if studies:
        folders = _folders_of_studies(path, studies)
        return sorted([*folders, *_outside(folders, contents)]) if len(folders) > 1 else folders
    images = [file for content in contents.values() for file in content.images]
    frontal = [file for content in contents.values() for file in content.frontal]
    other = [file for content in contents.values() for file in content.other]
    return sorted([*images, *frontal, *other]) if images or len(frontal) > 1 else [path]


def left_out(source: Path) -> tuple[Note, ...]:
    """Return a note on the pictures and volumes in a folder that is read as one DICOM scan."""
    if not source.is_dir():
        return ()
    claims = ((file, _claim(file)) for file in _files(source))
    count = sum(claim not in {None, Format.DICOM} and not is_ours(file) for file, claim in claims)
    text = f"beside the DICOM files the folder holds other images ({count}), which were left out; name them one by one"
    return (Note("images-left-out", text),) if count else ()


def _content(files: Iterable[Path]) -> _Content:
    content = _Content()
    for file in files:
        found = _format(file)
        if found is Format.DICOM:
            header = _header(file)
            study = (header.study_uid or header.series_uid) if header else ""
            sound = header is not None and objection(header) is None
            if header is not None and sound and not is_radiograph(header):
                return _Content(slices_of=study or str(file.parent))
            content.study = content.study or study
            (content.frontal if sound else content.other).append(file)
        elif found is not None and not is_ours(file):
            content.images.append(file)
    return content


def _folders_of_studies(top: Path, studies: Mapping[Path, str]) -> list[Path]:
    """Return for each study the highest folder that holds no other; `top` alone where some are not kept apart.

    Parameters
    ----------
    studies : folder -> study of the CT slices in it
    """
    below: dict[Path, set[str]] = defaultdict(set)
    for folder, study in studies.items():
        for above in _up_to(top, folder):
            below[above].add(study)
    homes = [[above for above in _up_to(top, folder) if len(below[above]) == 1] for folder in studies]
    return sorted({alone[-1] for alone in homes}) if all(homes) else [top]


def _up_to(top: Path, folder: Path) -> list[Path]:
    """Return a folder and those it lies in, up to `top`."""
    return [above for above in (folder, *folder.parents) if above.is_relative_to(top)]


def _outside(folders: Sequence[Path], contents: Mapping[Path, _Content]) -> list[Path]:
    """Return what is a scan of its own outside the folders of studies; of DICOM that is none, the folder."""
    studies = {content.slices_of for content in contents.values()}
    found: list[Path] = []
    for folder, content in contents.items():
        if any(folder.is_relative_to(home) for home in folders):
            continue
        found += [*content.images, *content.frontal]
        if content.other and not content.frontal and content.study not in studies:
            found.append(folder)
    return found


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
    suffix = IMAGE_SUFFIX.search(file.name)
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
