"""Temporary files and folders that are gone afterwards, however the process ends.

A file has no name where the system allows that (Linux), and goes with the process. A folder is locked while its process
lives; whoever makes one removes those that are not: what a process left that was killed, or a machine that lost power.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

_PREFIX = ".pleura-temporary-"
_OURS = re.compile(re.escape(_PREFIX) + r"[a-z0-9_]{8}")
_DESCRIPTORS = Path("/proc/self/fd")
_HAS_LOCKS = find_spec("fcntl") is not None
"""False on Windows, where nothing tells whether a folder is in use."""
_WITHOUT_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}
"""What file systems without locks answer, such as some network drives."""


@contextmanager
def temporary_file() -> Iterator[tuple[IO[bytes], Path]]:
    """Give an empty file to write to, and a path under which it can be opened again.

    Raises
    ------
    OSError : there is no temporary folder that can be written to
    """
    if _DESCRIPTORS.is_dir():
        with tempfile.TemporaryFile() as file:
            yield file, Path(f"/proc/{os.getpid()}/fd/{file.fileno()}")
    else:
        with temporary_folder() as folder, (folder / "file").open("wb") as file:
            yield file, folder / "file"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give an empty folder.

    Raises
    ------
    OSError : there is no temporary folder that can be written to
    """
    remove_abandoned()
    folder, lock = _locked_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def remove_abandoned() -> None:
    """Remove folders that this user's processes have left behind; never one that is in use, or what a link leads to."""
    if not _HAS_LOCKS:
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if _OURS.fullmatch(folder.name) and folder.lstat().st_uid == os.getuid():
                lock = _lock(folder)
                try:
                    shutil.rmtree(folder)
                finally:
                    os.close(lock)


def _locked_folder() -> tuple[Path, int | None]:
    """Return a new folder and the descriptor of its lock; None where the system, or its file system, has no locks."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        if not _HAS_LOCKS:
            return folder, None
        try:
            lock = _lock(folder)
        except (BlockingIOError, FileNotFoundError):  # another process takes it for an abandoned one
            continue
        except OSError as error:
            if error.errno not in _WITHOUT_LOCKS:
                raise
            return folder, None
        if folder.is_dir():  # it was not removed before it was locked
            return folder, lock
        os.close(lock)


def _lock(folder: Path) -> int:
    """Lock a folder and return the descriptor that holds the lock.

    Raises
    ------
    BlockingIOError : another process holds the lock
    OSError : it is no folder itself (a file, a link), or it cannot be locked
    """
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
