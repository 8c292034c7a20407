"""Files appear under their final name only when they are whole, so that nobody ever reads half a mask.

Whatever the system objects to, in making a folder too, is an error with a name.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

from pleura.errors import UnwritableOutput
from pleura.partial_files import partial_path


def make_folder(path: Path) -> None:
    """Make a folder, and those that it lies in, where they are not there yet.

    Raises
    ------
    UnwritableOutput
        A file is in the way, or the system refuses (`not-written`).
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = _stands_in_the_way(path) or f"the folder {path} cannot be made: {error.strerror or error}"
        raise UnwritableOutput(text, code="not-written") from error


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path`, and move it onto `path` when the block ends without an error.

    Raises
    ------
    UnwritableOutput
        The folder does not exist (`no-such-folder`), or the system refuses to write (`not-written`).
    """
    partial = partial_path(path)
    with system_errors(path):
        _refuse_missing_folder(path.parent)
        if path.is_dir():
            raise UnwritableOutput(f"{path} is a folder; name a file", code="not-written")
        try:
            with partial.open("wb") as file:
                yield file
            partial.replace(path)
        finally:
            with suppress(OSError):  # that of the block says more
                partial.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside `path`, and move it onto `path`, and what was there out, when the block ends.

    Raises
    ------
    UnwritableOutput
        As `atomic_write`; or there is a file at `path` (`not-written`).
    """
    partial = partial_path(path)
    # Not a name of what is unfinished: of a run that is killed between the two moves, the former is all there is.
    former = partial.with_suffix(".former")
    with system_errors(path):
        _refuse_missing_folder(path.parent)
        if path.is_file():
            raise UnwritableOutput(f"{path} is a file; name a folder", code="not-written")
        try:
            partial.mkdir()
            yield partial
            _exchange(partial, path, former)
        finally:
            for folder in (partial, former):
                shutil.rmtree(folder, ignore_errors=True)


def _exchange(partial: Path, path: Path, former: Path) -> None:
    """Move a folder onto `path`, and what is there to `former`; where the first fails, all is as it was."""
    replaces = path.exists()
    if replaces:
        path.rename(former)
    try:
        partial.rename(path)
    except OSError:
        if replaces:
            former.rename(path)
        raise


def _refuse_missing_folder(folder: Path) -> None:
    """Refuse to write into a folder that is not there (`no-such-folder`), or is a file (`not-written`)."""
    if folder.is_dir():
        return
    if text := _stands_in_the_way(folder):
        raise UnwritableOutput(text, code="not-written")
    raise UnwritableOutput(f"there is no folder {folder}; make it first", code="no-such-folder")


def _stands_in_the_way(folder: Path) -> str:
    """Return what to say where a file stands in the place of a folder or of one that it lies in; else nothing."""
    for above in (folder, *folder.parents):
        if above.is_dir():
            break
        if above.exists():
            why = "not a folder" if above == folder else f"so there can be no folder {folder}"
            return f"{above} is a file, {why}; name another"
    return ""


@contextmanager
def system_errors(path: Path) -> Iterator[None]:
    """Say in an error with a name what the system objects to in writing to `path`.

    Raises
    ------
    UnwritableOutput
        With the code `not-written`.
    """
    try:
        yield
    except OSError as error:
        raise UnwritableOutput(f"{path} cannot be written: {_reason(error)}", code="not-written") from error


def _reason(error: OSError) -> str:
    """Return what the system says; libraries that raise its error again put a traceback into the words."""
    said, cause = error.strerror, error.__cause__
    while said is None and cause is not None:
        said, cause = getattr(cause, "strerror", None), cause.__cause__
    return said or str(error).partition("\n")[0]


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Keep other runs from writing results into a folder until the block ends; they wait.

    What a run finds under a name and what it then writes there belong together: without this, two runs side by side
    could each find a name free and take it. The system lets go of the lock when a process dies, and nothing is left
    in the folder. Where it has no such locks (Windows, some network drives), runs do not wait for each other.
    """
    handle = None
    with suppress(ImportError, OSError):
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def take_lock(file: IO[bytes], *, exclusive: bool) -> bool:
    """Take the lock of an open file until it is closed; return False where another process has it.

    Many may share it, if none has it exclusively. Where the system has no such locks (Windows, some network drives),
    everybody takes it.
    """
    try:
        import fcntl

        fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        return True
    return True


def file_hash(path: Path) -> str:
    """Return the SHA-256 of what a file holds. Raises `OSError` where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
