"""How the command line speaks: results to stdout, warnings and errors to stderr, one line each, and exit codes.

What comes from files and their names is printed without control characters, which a terminal would obey.
"""

from __future__ import annotations

import sys
from contextlib import suppress

from pleura.cli.signals import raise_received
from pleura.text import printable

SOME_FAILED, NOTHING_DONE, WARNED = 1, 2, 3
_LONG_NAME = 255
"""Characters of a path that are shown: a name of the longest that most systems allow."""


class OutputLost(Exception):
    """Results cannot be printed: their reader has left, or the device is full."""


def say(line: str) -> None:
    """Print a line of the result on stdout.

    Raises `OutputLost`, and what a signal raised, if one came.
    """
    raise_received()
    try:
        sys.stdout.write(f"{printable(line)}\n")
    except OSError as error:
        raise OutputLost(f"the results cannot be printed: {error.strerror}") from error


def flush() -> None:
    """Hand to stdout what was said.

    Raises `OutputLost`.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        raise OutputLost(f"the results cannot be printed: {error.strerror}") from error


def warn(message: str) -> None:
    """Print a warning in one line on stderr."""
    _to_stderr(f"pleura: warning: {message}")


def fail(message: str) -> None:
    """Print an error in one line on stderr."""
    _to_stderr(f"pleura: error: {' '.join(message.split())}")


def complain(error: BaseException, *, debug: bool) -> None:
    """Print an error in one line on stderr, and a line for each choice; with `debug`, its traceback before.

    Raises what a signal raised, if one came: many libraries turn that into an error of their own.
    """
    from pleura.errors import AmbiguousInput

    raise_received()
    if debug:
        from traceback import format_exception

        for line in "".join(format_exception(error)).splitlines():
            _to_stderr(line)
    choices = error.choices if isinstance(error, AmbiguousInput) else ()
    message = error.args[0] + ":" if choices else sentence(error)
    fail(message)
    for choice in choices:
        _to_stderr(choice.line())


def _to_stderr(line: str) -> None:
    with suppress(OSError):  # there is nowhere else to say it
        sys.stderr.write(f"{printable(line)}\n")


def _shortened(name: object) -> str:
    text = str(name)
    return text if len(text) <= _LONG_NAME else f"{text[: _LONG_NAME // 2]}...{text[-_LONG_NAME // 2 :]}"


def sentence(error: BaseException) -> str:
    """Return the message of an error."""
    from pleura.errors import PleuraError

    if isinstance(error, PleuraError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory for this scan; close other programs and try again"
    if isinstance(error, PermissionError) and error.filename:
        return f"{error.filename}: this may not be read"
    if isinstance(error, OSError) and error.strerror:
        return f"{_shortened(error.filename)}: {error.strerror}" if error.filename else error.strerror
    return "unexpected, a defect of pleura; run again with --debug and report what it shows"
