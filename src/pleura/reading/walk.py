"""The files of a folder, however deep, in an order that does not depend on the disk, and none of them twice."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

_SYSTEM_FILES = frozenset({"DICOMDIR", "DIRFILE", "THUMBS.DB", "DESKTOP.INI", "__MACOSX"})


def is_system_file(parts: Sequence[str]) -> bool:
    """Say whether the parts of a relative path name what comes along with images and is none."""
    return any((part.startswith(".") and part != "..") or part.upper() in _SYSTEM_FILES for part in parts)


def files_below(folder: Path, *, most: int | None = None, unreadable: list[Path] | None = None) -> list[Path]:
    """Return what lies in a folder and its subfolders and is no folder, but hidden files and those of systems, sorted.

    Links to folders are followed, after the folders themselves. Each folder is gone through once and none of those
    that the first one lies in, so that links that lead round in a circle, or out to other patients, come to an end.

    Parameters
    ----------
    most : stop looking once there are more
    unreadable : takes the folders that may not be read; where it is not given, the first one is an error

    Raises
    ------
    PermissionError : a folder may not be read
    """
    found: list[Path] = []
    seen = {_number(above) for above in folder.resolve().parents}
    folders, links = [folder], list[Path]()
    while (folders or links) and (most is None or len(found) <= most):
        here = folders.pop() if folders else links.pop()
        try:
            number = _number(here)
            entries = [] if number in seen else _entries(here)
        except PermissionError:
            if unreadable is None:
                raise
            unreadable.append(here)
            continue
        seen.add(number)
        for entry in entries:
            if _is_folder(entry):
                (links if entry.is_symlink() else folders).append(here / entry.name)
            else:
                found.append(here / entry.name)
    return sorted(found)


def _number(folder: Path) -> tuple[int, int]:
    stat = folder.stat()
    return stat.st_dev, stat.st_ino


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if not is_system_file([entry.name])), key=_name, reverse=True)


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def resolve_dicomdir(path: Path) -> Path:
    """Return the folder that a DICOMDIR stands for; any other path as it is."""
    return path.parent if path.stem.upper() == "DICOMDIR" and path.is_file() else path
