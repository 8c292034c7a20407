"""Zip archives and gzip files, unpacked to a temporary folder that is gone after reading."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from pleura.errors import UnreadableInput
from pleura.reading.limits import MOST_BYTES, MOST_PACKED
from pleura.reading.walk import is_litter

_MOST_BYTES = 1 << 33
_MOST_FILES = 50_000
_CHUNK = 1 << 20


@contextmanager
def unpacked(path: Path, *, gzipped: bool) -> Iterator[list[Path]]:
    """Yield the files of an archive, unpacked, without litter; they are numbered, so that no name can lead elsewhere.

    Raises
    ------
    UnreadableInput : the archive is damaged, encrypted, or unpacks to more than 8 GiB or out of proportion to its size
    """
    with tempfile.TemporaryDirectory(prefix="pleura-") as name:
        folder = Path(name)
        try:
            yield _gunzip(path, folder) if gzipped else _unzip(path, folder)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise UnreadableInput("the archive is damaged or cut short", code="truncated") from error


def _gunzip(path: Path, folder: Path) -> list[Path]:
    from isal import igzip

    with igzip.open(path, "rb") as source:  # type: ignore[no-untyped-call]
        return [_copied(source, folder / "0", _most(path))]


def _unzip(path: Path, folder: Path) -> list[Path]:
    with zipfile.ZipFile(path) as archive:
        members = [m for m in archive.infolist() if not m.is_dir() and not is_litter(PurePosixPath(m.filename).parts)]
        if any(member.flag_bits & 1 for member in members):
            raise UnreadableInput("the archive is encrypted; unpack it first", code="encrypted")
        if len(members) > _MOST_FILES:
            raise UnreadableInput(f"the archive holds {len(members)} files; unpack it first", code="too-large")
        files = []
        left = _most(path)
        for number, member in enumerate(members):
            with archive.open(member) as source:
                files.append(_copied(source, folder / str(number), left))
            left -= files[-1].stat().st_size
        return files


def _most(path: Path) -> int:
    """Return how many bytes an archive may unpack to: 8 GiB, or less where that were out of proportion to it."""
    return min(_MOST_BYTES, max(MOST_BYTES, MOST_PACKED * path.stat().st_size))


def _copied(source: IO[bytes], target: Path, most: int) -> Path:
    with target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            file.write(chunk)
            if file.tell() > most:
                raise UnreadableInput("the archive unpacks to a giant size; unpack it first", code="too-large")
    return target
