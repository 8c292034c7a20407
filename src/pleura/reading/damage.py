"""Whatever a library raises on one damaged file, as one of our errors, so that the files beside it are still read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pleura.errors import PleuraError, UnreadableInput


@contextmanager
def damage_as_error() -> Iterator[None]:
    """Turn exceptions of libraries into `UnreadableInput` (`damaged`), but for a lack of access, memory or code."""
    try:
        yield
    except (PleuraError, OSError, MemoryError, ImportError, NameError):
        raise
    except Exception as error:
        raise UnreadableInput("the file is damaged", code="damaged") from error


@contextmanager
def file_in_errors(path: Path) -> Iterator[None]:
    """Put the name of one of several files before the error that it raises, once."""
    try:
        yield
    except PleuraError as error:
        if str(error).startswith(f"{path.name}: "):
            raise
        raise error.within(path.name) from error.__cause__
