"""How the command line speaks: results to stdout, warnings and errors to stderr, one line each, and exit codes.

What comes from files and their names is printed without control characters, which a terminal would obey.
"""

from __future__ import annotations

import sys
from contextlib import suppress

from pleura.cli.signals import raise_received
from pleura.text import printable

SOME_FAILED, NOTHING_DONE, WARNED = 1, 2, 3


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
    from pleura.errors import AmbiguousInput, message_of

    raise_received()
    if debug:
        from traceback import format_exception

        for line in "".join(format_exception(error)).splitlines():
            _to_stderr(line)
    choices = error.choices if isinstance(error, AmbiguousInput) else ()
    message = error.args[0] + ":" if choices else message_of(error)
    fail(message)
    for choice in choices:
        _to_stderr(choice.line())


def _to_stderr(line: str) -> None:
    with suppress(OSError):  # there is nowhere else to say it
        sys.stderr.write(f"{printable(line)}\n")
