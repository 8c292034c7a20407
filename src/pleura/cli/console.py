"""How the command line speaks: results to stdout, warnings and errors to stderr, one line each, and exit codes."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from pleura.errors import PleuraError

SOME_FAILED, NOTHING_DONE, INTERRUPTED = 1, 2, 130


@contextmanager
def answering(debug: bool) -> Iterator[None]:
    """Turn whatever goes wrong inside into one line on stderr and an exit code; with `debug`, a traceback before."""
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except (PleuraError, MemoryError) as error:
        complain(error, debug)
        raise typer.Exit(NOTHING_DONE) from None


def complain(error: BaseException, debug: bool) -> None:
    """Print an error in one line on stderr."""
    if debug:
        typer.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    typer.echo(f"pleura: error: {' '.join(_sentence(error).split())}", err=True)


def warn(message: str) -> None:
    """Print a warning in one line on stderr."""
    typer.echo(f"pleura: warning: {message}", err=True)


def _sentence(error: BaseException) -> str:
    if isinstance(error, PleuraError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory for this scan; close other programs and try again"
    return f"unexpected {type(error).__name__}; run again with --debug and report what it shows"
