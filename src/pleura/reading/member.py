"""A file within a zip archive that is read where it is: nothing is unpacked, and nothing is left behind.

It stands in for a `Path` wherever DICOM is read, which needs no more of one than `name`, `open` and `stat`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple, cast
from zipfile import ZipExtFile, ZipFile


class _Status(NamedTuple):
    st_size: int


@dataclass(frozen=True)
class Member:
    """A file within an archive, opened as a `Path` is; sent to another process, it opens the archive there.

    Attributes
    ----------
    path : of the archive
    number : its place among the members, from 0
    """

    path: Path
    number: int
    archive: ZipFile = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """What the archive calls the file, without the folders."""
        return PurePosixPath(self.archive.infolist()[self.number].filename).name

    def open(self, mode: str, buffering: int = -1) -> ZipExtFile:  # noqa: ARG002 - the parameters are those of Path.open
        """Return the file to read from."""
        return cast(ZipExtFile, self.archive.open(self.archive.infolist()[self.number]))

    def stat(self) -> _Status:
        """Return the size that the archive states; no more than that is ever read."""
        return _Status(self.archive.infolist()[self.number].file_size)

    def __reduce__(self) -> tuple[object, ...]:
        return _reopened, (self.path, self.number)


def _reopened(path: Path, number: int) -> Member:
    return Member(path, number, _archive(path))


@lru_cache(maxsize=1)
def _archive(path: Path) -> ZipFile:
    return ZipFile(path)
