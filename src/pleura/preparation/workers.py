"""Processes that prepare cases side by side; they leave Ctrl-C to the process that started them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from threading import current_thread, main_thread
from typing import Protocol, TypeVar

from pleura.errors import PleuraError
from pleura.processes import follow_parent

Argument = TypeVar("Argument")
Result = TypeVar("Result")


class ParallelMap(Protocol):
    """What `map` does, in any number of processes: results in the order of the arguments."""

    def __call__(self, function: Callable[[Argument], Result], arguments: Iterable[Argument], /) -> Iterator[Result]:
        """Return the results of a function."""


@contextmanager
def worker_processes(count: int) -> Iterator[ParallelMap]:
    """Give a `map` that works in this process, or in `count` others that are started afresh.

    Raises `PleuraError` (``worker-lost``).
    """
    if count < 2:
        yield map
        return
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=follow_parent) as pool:
        _start(pool, count)
        try:
            yield pool.map
        except BrokenProcessPool:
            text = "a worker process was lost, for want of memory perhaps; run it again with fewer --workers"
            raise PleuraError(f"{text} (what is finished is kept)", code="worker-lost") from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start(pool: ProcessPoolExecutor, count: int) -> None:
    """Start the processes while Ctrl-C is ignored, which they inherit; each would print a traceback of its own."""
    if current_thread() is not main_thread():
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for _ in range(count):
            pool.submit(int)  # each starts a process, since none is idle yet
    finally:
        signal.signal(signal.SIGINT, before)
