"""The errors that `pleura` raises on purpose, each with a stable code.

    PleuraError
    ├── InvalidOption       an option, an argument or a setting has a value that cannot be
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

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Self

from pleura.text import printable

_MOST_LISTED = 8
"""Choices that a sentence may list; `choices` holds all."""

_LONG_NAME = 255
"""Characters of a path that are shown: a name of the longest that most systems allow."""


@dataclass(frozen=True)
class Choice:
    """One of several series that the caller may mean.

    Attributes
    ----------
    number : its place in the list of all series of the input, from 1
    key : what names it for good: the series UID, and `#2` and so on where one UID holds several scans
    description : as the scanner calls it; free text, which is shown for the choice and never written to a file
    kernel : of the reconstruction; empty where it is not known
    what : what it is, in words
    shape : slices, rows, columns
    spacing : millimetres between slices, rows and columns, or None
    """

    number: int
    key: str
    description: str
    kernel: str
    what: str
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float] | None

    def __str__(self) -> str:
        return f"{self.number} ({', '.join(self._facts())})"

    def line(self) -> str:
        """Return it as one line of a list, with the description."""
        description = [f'"{self.description}"'] if self.description else []
        return f"{self.number:3}  " + ", ".join([*description, *self._facts()])

    def data(self) -> dict[str, object]:
        """Return it as plain data, without the description."""
        return {
            "number": self.number,
            "key": self.key,
            "kernel": self.kernel,
            "shape": list(self.shape),
            "spacing_mm": [round(step, 6) for step in self.spacing] if self.spacing else None,
        }

    def _facts(self) -> list[str]:
        steps = [" x ".join(f"{step:.2f}" for step in self.spacing) + " mm"] if self.spacing else []
        return [*([f"kernel {self.kernel}"] if self.kernel else []), self.what, *steps, f"series {self.key}"]


class PleuraError(Exception):
    """Base of every error that `pleura` raises on purpose; `code` is stable across versions."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(printable(message))
        self.code = code

    def within(self, name: str) -> Self:
        """Return the same error with the name of what it is about before it."""
        return self.with_message(f"{name}: {self.args[0]}")

    def with_message(self, message: str) -> Self:
        """Return the same error with another message."""
        error = copy(self)
        error.args = (printable(message),)
        return error

    def __reduce__(self) -> tuple[object, ...]:
        # An exception is copied, and sent to another process, by calling its class with its message: without a code.
        return _restored, (type(self), self.args, vars(self))


def _restored(kind: type[PleuraError], arguments: tuple[str, ...], attributes: dict[str, object]) -> PleuraError:
    error = kind.__new__(kind, *arguments)
    vars(error).update(attributes)
    return error


class InvalidOption(PleuraError, ValueError):
    """An option, an argument or a setting has a value that does not exist, or not here."""


class UnreadableInput(PleuraError, ValueError):
    """The input is damaged, empty, or of a format that is not read."""


class UnsuitableInput(PleuraError, ValueError):
    """The input can be read, but it is not a chest scan that can be segmented."""


class AmbiguousInput(PleuraError, ValueError):
    """The input holds several scans; the message says how to choose, and lists the `choices`."""

    def __init__(self, message: str, *, code: str, choices: Sequence[Choice] = ()) -> None:
        super().__init__(message, code=code)
        self.choices = tuple(choices)

    def __str__(self) -> str:
        listed = [
            *map(str, self.choices[:_MOST_LISTED]),
            *([f"{more} more"] if (more := len(self.choices) - _MOST_LISTED) > 0 else []),
        ]
        return ": ".join([self.args[0], *(["; ".join(listed)] if listed else [])])


class MissingExtra(PleuraError, ImportError):
    """An optional package is missing; the message gives the exact install command."""


class UnwritableOutput(PleuraError, ValueError):
    """The result cannot be written to the place, or in the format, that was asked for."""


class InvalidBundle(PleuraError, ValueError):
    """A model bundle is damaged, incomplete, or made for another version."""


def missing_extra(package: str, extra: str) -> MissingExtra:
    """Return the error for an optional package that is not there; `extra` is the extra of `pleura` that brings it."""
    return MissingExtra(f"{package} is not installed; get it with: pip install 'pleura[{extra}]'", code="missing-extra")


def message_of(error: BaseException) -> str:
    """Return in one line what an error of any kind says."""
    if isinstance(error, PleuraError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory for this scan; close other programs and try again"
    if isinstance(error, PermissionError) and error.filename:
        return f"{error.filename}: this may not be read"
    if isinstance(error, OSError) and error.strerror:
        return f"{_shortened(error.filename)}: {error.strerror}" if error.filename else error.strerror
    return "unexpected, a defect of pleura; run again with --debug and report what it shows"


def _shortened(name: object) -> str:
    text = str(name)
    return text if len(text) <= _LONG_NAME else f"{text[: _LONG_NAME // 2]}...{text[-_LONG_NAME // 2 :]}"
