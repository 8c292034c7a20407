"""What happens to a command from outside: streams that are closed, full or left by their reader, and signals."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from pleura.cli.console import SOME_FAILED, OutputLost, fail, flush
from pleura.cli.signals import ended_by_signals, received

TYPE_CHECKING = False  # `typing` is not needed to answer --version
if TYPE_CHECKING:
    from typing import TextIO

_STDOUT, _STDERR = 1, 2


def exit_code(work: Callable[[], int]) -> int:
    """Do the work of a command, which prints, and return its exit code, whatever happens from outside.

    After Ctrl-C it is 130, after SIGTERM 143, after SIGHUP 129, and 1 where nobody can read the results.
    """
    _open_closed_streams()
    with ended_by_signals():
        try:
            code = work()
        except OutputLost as lost:
            code = SOME_FAILED
            _discard_output(lost)
        except SystemExit as leaving:  # the parser leaves by itself
            code = received() or int(leaving.code or 0)
        except BaseException:
            code = received()
            if not code:
                raise
    try:
        flush()
    except OutputLost as lost:
        code = code or SOME_FAILED
        _discard_output(lost)
    try:
        sys.stderr.flush()
    except OSError:  # there is nowhere to say it
        _point_to_null(sys.stderr)
    return code


def _open_closed_streams() -> None:
    """Open /dev/null in place of standard streams that are closed: the next file would get their number."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    if sys.stdout is None:
        sys.stdout = os.fdopen(_STDOUT, "w")
    if sys.stderr is None:
        sys.stderr = os.fdopen(_STDERR, "w")


def _discard_output(lost: OutputLost) -> None:
    """Say why results are lost, unless their reader has left; at exit Python writes what is left once more."""
    if not isinstance(lost.__cause__, BrokenPipeError):
        fail(str(lost))
    _point_to_null(sys.stdout)


def _point_to_null(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
