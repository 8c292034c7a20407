"""How the command line speaks: results to stdout, warnings and errors to stderr, one line each, and exit codes."""

from __future__ import annotations

import sys
import traceback

from pleura.errors import AmbiguousInput, PleuraError

SOME_FAILED, NOTHING_DONE, WARNED, INTERRUPTED = 1, 2, 3, 130


def say(line: str) -> None:
    """Print a line of the result on stdout."""
    sys.stdout.write(f"{line}\n")


def warn(message: str) -> None:
    """Print a warning in one line on stderr."""
    sys.stderr.write(f"pleura: warning: {message}\n")


def fail(message: str) -> None:
    """Print an error in one line on stderr."""
    sys.stderr.write(f"pleura: error: {' '.join(message.split())}\n")


def complain(error: BaseException, *, debug: bool) -> None:
    """Print an error in one line on stderr, and a line for each choice; with `debug`, its traceback before."""
    if debug:
        sys.stderr.writelines(traceback.format_exception(error))
    choices = error.choices if isinstance(error, AmbiguousInput) else ()
    told = error.args[0] + ":" if choices else sentence(error)
    fail(told)
    sys.stderr.writelines(f"{choice.line()}\n" for choice in choices)


def sentence(error: BaseException) -> str:
    """Return what is told of an error."""
    if isinstance(error, PleuraError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory for this scan; close other programs and try again"
    if isinstance(error, PermissionError) and error.filename:
        return f"{error.filename}: this may not be read"
    return f"unexpected {type(error).__name__}; run again with --debug and report what it shows"
