"""Ctrl-C, SIGTERM and SIGHUP end a command as an exception does, so that temporary files are removed.

The exception may be lost: many libraries turn it into an error of their own while they are imported, and Python drops
it within callbacks. Which signal came is therefore remembered, and raised again where the command prints next.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

TYPE_CHECKING = False  # `typing` is not needed to answer --version
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

_SIGNALLED = 128
"""What shells add to the number of the signal that ended a program."""
_AGAIN_SECONDS = 0.01
"""After which a signal is sent again: soon to a person, and late enough that the block it fell into has ended."""

_received: list[int] = []


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let the signals raise, unless they are ignored (as by `nohup`) or handled by the caller."""
    _received.clear()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    usual = {number: signal.getsignal(number) for number in numbers}
    ours = [number for number in numbers if usual[number] in {signal.SIG_DFL, signal.default_int_handler}]
    before = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if _received:
            threading.Timer(_AGAIN_SECONDS, os.kill, (os.getpid(), _received[-1])).start()
        else:
            before(unraisable)

    for number in ours:
        signal.signal(number, _leave)
    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
        for number in ours:
            signal.signal(number, usual[number])


def received() -> int:
    """Return the exit code that the last signal asks for, 128 and its number; 0 where none came."""
    return _SIGNALLED + _received[-1] if _received else 0


def received_name() -> str:
    """Return what the last signal is called; that it is a signal where another handler took it."""
    return signal.Signals(_received[-1]).name if _received else "a signal"


def raise_received() -> None:
    """Raise what the last signal raised, if one came."""
    if _received:
        raise _exception(_received[-1])


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    _received.append(number)
    raise _exception(number)


def _exception(number: int) -> BaseException:
    return KeyboardInterrupt() if number == signal.SIGINT else SystemExit(_SIGNALLED + number)
