"""The errors that `pleura` raises on purpose, each with a stable code.

    PleuraError
    ├── UnreadableInput     the file is damaged, empty, or of a format we do not read
    ├── UnsuitableInput     the file is sound, but it is not a chest scan that can be segmented
    ├── AmbiguousInput      there are several scans and the caller has to choose
    ├── MissingExtra        an optional package is needed; the message names the extra
    ├── UnwritableOutput    the result cannot be written where, or as what, it was asked for
    └── InvalidBundle       a model bundle is damaged or made for another version

A message says what was found, where, and what to do, in one line, and never holds a patient's name, id or
birth date. `code` is a short kebab-case word that programs can rely on.
"""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Return a text without control characters, which could steer a terminal: they are spelt out, as in ``\x1b``."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class PleuraError(Exception):
    """Base of every error that `pleura` raises on purpose; `code` is stable across versions."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(printable(message))
        self.code = code


class UnreadableInput(PleuraError, ValueError):
    """The input is damaged, empty, or of a format that is not read."""


class UnsuitableInput(PleuraError, ValueError):
    """The input can be read, but it is not a chest scan that can be segmented."""


class AmbiguousInput(PleuraError, ValueError):
    """The input holds several scans; the message lists them and how to choose."""


class MissingExtra(PleuraError, ImportError):
    """An optional package is missing; the message gives the exact install command."""


class UnwritableOutput(PleuraError, ValueError):
    """The result cannot be written to the place, or in the format, that was asked for."""


class InvalidBundle(PleuraError, ValueError):
    """A model bundle is damaged, incomplete, or made for another version."""


def missing_extra(package: str, extra: str) -> MissingExtra:
    """Return the error for an optional package that is not there; `extra` is the extra of `pleura` that brings it."""
    return MissingExtra(f"{package} is not installed; get it with: pip install 'pleura[{extra}]'", code="missing-extra")
