"""Which DICOM files a folder holds, and which series they make."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from pleura.errors import PleuraError, UnreadableInput
from pleura.reading.damage import damage_as_error, file_in_errors
from pleura.reading.dicom.frames import Frame, read_frames
from pleura.reading.dicom.series import Series, group
from pleura.reading.limits import MOST_FILES
from pleura.reading.walk import files_below
from pleura.text import quantity
from pleura.volume import Note


def find_files(folder: Path) -> list[Path]:
    """Return the files of a folder and its subfolders, without hidden files and those of systems, sorted.

    Raises
    ------
    UnreadableInput : there are more than any study holds, so that this is hardly the folder that was meant
    PermissionError : a folder may not be read, so that a part of the scan may be missing
    """
    found = files_below(folder, most=MOST_FILES)
    if len(found) > MOST_FILES:
        raise UnreadableInput(f"more than {MOST_FILES} files; give the folder of one study", code="too-many-files")
    return [path for path in found if path.is_file()]


def find_series(paths: Sequence[Path]) -> tuple[list[Series], tuple[Note, ...]]:
    """Read the headers of DICOM files and group them into series; other files are left out and damaged ones noted.

    Raises
    ------
    UnreadableInput : no file is sound DICOM
    """
    frames: list[Frame] = []
    failures: list[PleuraError] = []
    for path in paths:
        try:
            with file_in_errors(path) if len(paths) > 1 else nullcontext(), damage_as_error():
                frames += read_frames(path)
        except PleuraError as error:
            failures.append(error)
    damaged = [error for error in failures if error.code != "not-dicom"]
    if not frames:
        if damaged or len(failures) == 1:
            raise (damaged or failures)[0]
        raise UnreadableInput("there are no DICOM files in it; give other images one by one", code="no-dicom")
    return group(frames), _damage_notes(len(damaged))


def _damage_notes(count: int) -> tuple[Note, ...]:
    text = f"{quantity(count, 'damaged DICOM file was', 'damaged DICOM files were')} left out"
    return (Note("damaged-files", text),) if count else ()
