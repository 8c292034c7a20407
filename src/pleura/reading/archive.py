"""Zip archives and gzip files, read where they are: what they hold, names of patients with it, is never unpacked.

Of a zip archive of many files, each is inflated in memory when it is read. One file alone may be of any format and has
to have a path; it becomes a temporary file without a name.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedIOBase
from pathlib import Path, PurePosixPath
from typing import IO, cast

from pleura.errors import UnreadableInput
from pleura.reading.limits import MOST_BYTES, MOST_FILES, MOST_PACKED
from pleura.reading.member import Member
from pleura.reading.walk import is_system_file
from pleura.temporary import temporary_file

_MOST_BYTES = 1 << 33
"""Unpacked, in all: 8 GB, some 16 000 slices of 512 x 512, however much the archive packs."""
_PIECE = 1 << 20
"""Bytes unpacked at a time, after each of which the limit is looked at."""
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})


@contextmanager
def open_archive(path: Path, *, gzipped: bool) -> Iterator[list[Path]]:
    """Yield the files of an archive but system files: stand-ins (`Member`), or a real path where there is one alone.

    Raises
    ------
    UnreadableInput : the archive is damaged, encrypted, packed in a way that is not read, or unpacks to more than 8 GiB
        or out of proportion to its size; a file alone does not fit into the temporary folder (`no-space`)
    """
    try:
        if gzipped:
            from isal import igzip

            with igzip.open(path, "rb") as source, _copied(source, _most(path)) as file:  # type: ignore[no-untyped-call]
                yield [file]
            return
        with zipfile.ZipFile(path) as archive:
            members = _members(path, archive)
            if len(members) > 1:
                yield cast("list[Path]", members)
                return
            for member in members:
                with member.open("rb") as source, _copied(source, _most(path)) as file:
                    yield [file]
            if not members:
                yield []
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UnreadableInput("the archive is damaged or cut short; copy it again", code="truncated") from error


def _members(path: Path, archive: zipfile.ZipFile) -> list[Member]:
    infos = archive.infolist()
    kept = [
        (number, info)
        for number, info in enumerate(infos)
        if not info.is_dir() and not is_system_file(PurePosixPath(info.filename).parts)
    ]
    if any(info.flag_bits & 1 for _, info in kept):
        raise UnreadableInput("the archive is encrypted; unpack it first", code="encrypted")
    if any(info.compress_type not in _METHODS for _, info in kept):
        text = "the archive is packed by a method that is not read; unpack it first"
        raise UnreadableInput(text, code="unknown-format")
    if len(kept) > MOST_FILES:
        raise UnreadableInput(f"the archive holds {len(kept)} files; unpack it first", code="too-large")
    if sum(info.file_size for _, info in kept) > _most(path):
        raise UnreadableInput("the archive unpacks to a giant size; unpack it first", code="too-large")
    return [Member(path, number, archive) for number, _ in kept]


def _most(path: Path) -> int:
    """Return how many bytes an archive may unpack to: 8 GiB, or less where that were out of proportion to it."""
    return min(_MOST_BYTES, max(MOST_BYTES, MOST_PACKED * path.stat().st_size))


@contextmanager
def _copied(source: IO[bytes] | BufferedIOBase, most: int) -> Iterator[Path]:
    """Give the path of a temporary file that holds all of a stream."""
    with ExitStack() as stack:
        with _no_space():
            file, path = stack.enter_context(temporary_file())
        while chunk := source.read(_PIECE):
            if file.tell() + len(chunk) > most:
                raise UnreadableInput("the archive unpacks to a giant size; unpack it first", code="too-large")
            with _no_space():
                file.write(chunk)
        with _no_space():
            file.flush()
        yield path


@contextmanager
def _no_space() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        text = f"the temporary folder cannot hold what is packed: {error.strerror}; set TMPDIR to another, or unpack it"
        raise UnreadableInput(text, code="no-space") from error
