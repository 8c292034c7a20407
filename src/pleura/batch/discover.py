"""Which scans a folder holds: each study of DICOM slices, and each volume and picture beside them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pleura.errors import UnreadableInput
from pleura.file_format import Format, detect_format, format_by_name, is_voxels_of_pair
from pleura.reading.dicom.elements import read_elements
from pleura.reading.dicom.header import Header, parse_header
from pleura.reading.dicom.sop_classes import is_radiograph, rejection
from pleura.reading.walk import files_below, resolve_dicomdir
from pleura.volume import Note
from pleura.writing import is_pleura_output

_DIRECTORIES = ("DICOMDIR", "dicomdir")
"""What the directory of a disc is called; some systems show names of discs in lower case."""


@dataclass
class _Content:
    """What lies in one folder itself.

    Attributes
    ----------
    slices_of : study of its first CT slice; empty where it has none
    studies : of all its CT slices
    study : of its first DICOM file
    images : files other than DICOM
    frontal, other : radiographs that can be segmented, with their studies, and what else is DICOM
    """

    slices_of: str = ""
    studies: set[str] = field(default_factory=set)
    study: str = ""
    images: list[Path] = field(default_factory=list)
    frontal: dict[Path, str] = field(default_factory=dict)
    other: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class Discovery:
    """What a path holds.

    Attributes
    ----------
    scans : each of them, sorted
    notes : on images that are none of them
    """

    scans: tuple[Path, ...]
    notes: tuple[Note, ...] = ()


def discover(path: Path, *, one_scan: bool = False) -> Discovery:
    """Return each scan of a folder, or of the folder that a DICOMDIR stands for; any other file is one scan.

    The CT slices of a study, however deep, are one scan: the highest folder that holds nothing else to be segmented.
    Studies that share a folder are left to be chosen from. Each volume and each picture is another scan, the damaged
    ones among them, and so is each frontal radiograph of another study. Where there are no CT slices, a frontal
    radiograph with what belongs to it is one scan, and of several each one. Earlier results of ours are none, and
    neither are the pictures that come with the viewer on a disc (a folder with a DICOMDIR). A subfolder that may not be
    read is left to fail.

    Parameters
    ----------
    one_scan : the path is a scan as a whole, as where one of its series is wanted; its files are not looked into
    """
    folder = resolve_dicomdir(path)
    if not folder.is_dir():
        return Discovery((path if one_scan else folder,))
    unreadable: list[Path] = []
    by_folder: dict[Path, list[Path]] = defaultdict(list)
    skipped = 0
    for file in files_below(folder, unreadable=unreadable):
        if _is_of_viewer(file, folder):
            skipped += 1
        else:
            by_folder[file.parent].append(file)
    scans = [path] if one_scan else _scans(folder, by_folder, unreadable)
    return Discovery(tuple(scans), _skipped_images(skipped))


def _scans(top: Path, by_folder: Mapping[Path, Sequence[Path]], unreadable: Sequence[Path]) -> list[Path]:
    """Return the scans of a folder from the files of each folder below it, and the folders that may not be read."""
    contents = {folder: _content(files) for folder, files in by_folder.items()}
    studies = {study for content in contents.values() for study in content.studies}
    if studies:
        others = [
            folder for folder, content in contents.items() if content.images or _other_radiographs(content, studies)
        ]
        study_folders = _find_study_folders(top, contents, [*others, *unreadable])
        beside = _other_scans(top, study_folders, contents, studies)
        return sorted([*study_folders, *beside, *_outside(top, study_folders, unreadable)])
    images = [file for content in contents.values() for file in content.images]
    frontal = [file for content in contents.values() for file in content.frontal]
    other = [file for content in contents.values() for file in content.other]
    found = [*images, *frontal, *other] if images or len(frontal) > 1 else [top]
    return sorted({*found, *unreadable})


def _skipped_images(count: int) -> tuple[Note, ...]:
    """Return a note on the pictures of a disc's viewer, which are not segmented."""
    text = f"pictures beside a DICOMDIR ({count}) were left out, as those of a viewer; name them one by one"
    return (Note("images-left-out", text),) if count else ()


def _is_of_viewer(file: Path, top: Path) -> bool:
    """Say whether a file is a picture on a disc; those of the viewer can be many."""
    if format_by_name(file.name) is not Format.RASTER:
        return False
    folders = _up_to(top, file.parent)
    return any((above / name).is_file() for above in folders for name in _DIRECTORIES) and not is_pleura_output(file)


def _content(files: Iterable[Path]) -> _Content:
    content = _Content()
    for file in files:
        found = _format(file)
        if found is Format.DICOM:
            _add_dicom(content, file)
        elif found is not None and not is_voxels_of_pair(file) and not is_pleura_output(file):
            content.images.append(file)
    return content


def _add_dicom(content: _Content, file: Path) -> None:
    header = _header(file)
    study = (header.study_uid or header.series_uid) if header else ""
    if header and study:
        study = f"{study} {header.patient}"  # copies of a scan may be anonymised under one UID
    sound = header is not None and rejection(header) is None
    if not sound and is_pleura_output(file):
        return
    content.study = content.study or study
    if header is not None and sound and not is_radiograph(header):
        content.studies.add(study or str(file.parent))
        content.slices_of = content.slices_of or study or str(file.parent)
    elif sound:
        content.frontal[file] = study
    else:
        content.other.append(file)


def _find_study_folders(top: Path, contents: Mapping[Path, _Content], others: Iterable[Path]) -> set[Path]:
    """Return the folder of each study's slices; one folder for studies that lie in and below it.

    Parameters
    ----------
    others : folders of what is a scan of its own beside the slices
    """
    below: dict[Path, set[str]] = defaultdict(set)
    beside = Counter(above for folder in others for above in _up_to(top, folder))
    for folder, content in contents.items():
        for above in _up_to(top, folder):
            below[above] |= {content.slices_of} - {""}
    together: dict[Path, list[Path]] = defaultdict(list)
    for folder in (folder for folder, content in contents.items() if content.slices_of):
        alone = [above for above in _up_to(top, folder) if len(below[above]) == 1]
        together[alone[-1] if alone else folder].append(folder)
    study_folders = {_study_folder(highest, folders, beside) for highest, folders in together.items()}
    return {folder for folder in study_folders if not study_folders.intersection(_up_to(top, folder)[1:])}


def _study_folder(highest: Path, folders: list[Path], beside: Counter[Path]) -> Path:
    """Return the highest folder, up to `highest`, that holds all `folders` of a study and no other scan beside them."""
    inner = next(above for above in _up_to(highest, folders[0]) if all(f.is_relative_to(above) for f in folders))
    return [above for above in _up_to(highest, inner) if beside[above] == beside[inner]][-1]


def _other_scans(
    top: Path, study_folders: set[Path], contents: Mapping[Path, _Content], studies: set[str]
) -> list[Path]:
    """Return what is a scan of its own beside the slices of studies.

    Of DICOM that can be none, the folder is, so that its error names it; beside one radiograph a note of the folder
    does, beside several each file is left to fail. In the folder of a study the notes of that study name it.
    """
    found: list[Path] = []
    for folder, content in contents.items():
        outside = folder in _outside(top, study_folders, [folder])
        found += content.images
        if not outside:
            found += _other_radiographs(content, studies)
        elif len(content.frontal) > 1 or not content.other:
            found += [*content.frontal, *content.other]
        elif content.frontal or content.study not in studies:
            found.append(folder)
    return found


def _other_radiographs(content: _Content, studies: set[str]) -> list[Path]:
    """Return the frontal radiographs of a folder that belong to none of the studies with CT slices."""
    return [file for file, study in content.frontal.items() if study not in studies]


def _outside(top: Path, study_folders: set[Path], folders: Iterable[Path]) -> list[Path]:
    """Return the folders that lie in none of `study_folders`."""
    return [folder for folder in folders if not study_folders.intersection(_up_to(top, folder))]


def _up_to(top: Path, folder: Path) -> list[Path]:
    """Return a folder and those it lies in, up to `top`."""
    return [above for above in (folder, *folder.parents) if above.is_relative_to(top)]


def _format(file: Path) -> Format | None:
    """Return what a file is by its content, or else what it claims to be; None if no image."""
    try:
        found, _ = detect_format(file)
    except (UnreadableInput, OSError):
        return format_by_name(file.name)
    return format_by_name(file.name) if found is Format.ZIP else found  # a document may be a zip too


def _header(file: Path) -> Header | None:
    """Return what a DICOM file says of itself, or None where it is damaged."""
    try:
        return parse_header(file, read_elements(file))
    except (UnreadableInput, OSError):
        return None
