"""Processes that each do one task at a time; one that dies, hangs or grows too large costs its own task alone.

`concurrent.futures.ProcessPoolExecutor` breaks as a whole when one of its processes dies, and neither says which task
did it nor ends one that hangs. Here each process has a thread that hands it a task, waits for the result, watches time
and memory meanwhile, and starts another process where this one is lost.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, ParamSpec, TypeVar

from pleura.errors import PleuraError
from pleura.processes import end_group, follow_parent, is_child, lead_group, resident_bytes

_POLL_SECONDS = 0.25
"""Seconds after which the memory of a process is read again, in which it grows by less than a gigabyte."""
_GRACE_SECONDS = 5.0
"""Seconds in which a process without a task has ended by itself."""

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


@dataclass(frozen=True)
class Limits:
    """What one task may take.

    Attributes
    ----------
    seconds : of wall time
    memory : bytes of its process; 0 for any number
    """

    seconds: float
    memory: int = 0


class WorkerPool(Executor):
    """An `Executor` whose tasks cannot harm each other.

    A future raises what its task raised; where its process was lost, a `PleuraError` with the code `worker-lost`,
    `time-limit` or `memory-limit`.

    Parameters
    ----------
    count : processes; each is started with its first task
    limits : of each task
    """

    def __init__(self, count: int, limits: Limits) -> None:
        self._limits = limits
        self._tasks: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._workers: set[_Worker] = set()
        self._starting = Lock()
        self._closed = False
        self._threads = [Thread(target=self._serve, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(
        self, fn: Callable[Arguments, Result], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[Result]:
        """Return the future of a task, which can be sent to a process as its result can."""
        if self._closed:
            raise RuntimeError("the pool takes no more tasks")
        future: Future[Result] = Future()
        self._tasks.put((future, partial(fn, *args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks; with `cancel_futures` end those that are being done, too."""
        self._closed = True
        if cancel_futures:
            while not self._tasks.empty():
                if (task := self._tasks.get()) is not None:
                    task[0].cancel()
            for worker in tuple(self._workers):
                worker.end()
        for _ in self._threads:
            self._tasks.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _serve(self) -> None:
        """Do one task after another, in a process that is started anew where it was lost."""
        _leave_interrupts()
        worker: _Worker | None = None
        while (task := self._tasks.get()) is not None:
            future, work = task
            if not future.set_running_or_notify_cancel():
                continue
            try:
                if worker is None:
                    worker = self._started()
                future.set_result(worker.do(work, self._limits))
            except _Raised as raised:
                future.set_exception(raised.error)
            except BaseException as error:
                if worker is not None:
                    self._workers.discard(worker)
                    worker.end()
                worker = None
                future.set_exception(error)
        if worker is not None:
            self._workers.discard(worker)
            worker.close()

    def _started(self) -> _Worker:
        with self._starting:  # `multiprocessing` keeps a list of its processes, which is not made for threads
            worker = _Worker()
        self._workers.add(worker)
        return worker


class _Raised(Exception):
    """A task raised; its process goes on."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


class _Worker:
    """A process that does what it is sent."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self._connection, theirs = context.Pipe()
        # Not a daemon: those may not start processes, as the reading of compressed DICOM does.
        self._process = context.Process(target=_work, args=(theirs,))
        self._process.start()
        theirs.close()
        assert self._process.pid is not None
        self._number = self._process.pid

    def do(self, work: Callable[[], Any], limits: Limits) -> Any:
        """Return what a task returns, or raise why it does not."""
        try:
            self._connection.send(work)
            self._wait(limits)
            succeeded, value = self._connection.recv()
        except (EOFError, ConnectionError, OSError):
            raise self._lost() from None
        if not succeeded:
            raise _Raised(value)
        return value

    def _wait(self, limits: Limits) -> None:
        end = time.monotonic() + limits.seconds
        while not wait([self._connection, self._process.sentinel], _POLL_SECONDS):
            if time.monotonic() > end:
                raise over_time(limits.seconds)
            if limits.memory and resident_bytes(self._number) > limits.memory:
                raise PleuraError(f"more than {limits.memory >> 20} MB of memory", code="memory-limit")

    def _lost(self) -> PleuraError:
        wait([self._process.sentinel], _GRACE_SECONDS)
        self._end_group()
        self._process.join(_GRACE_SECONDS)
        code = self._process.exitcode
        how = f"by signal {-code}" if code is not None and code < 0 else f"with code {code}"
        return PleuraError(f"its process ended {how}, for want of memory perhaps", code="worker-lost")

    def end(self) -> None:
        """Kill the process, and those that it has started."""
        self._end_group()
        self._process.kill()
        self._process.join()
        with suppress(OSError):
            self._connection.close()

    def close(self) -> None:
        """Let the process end by itself, or else kill it."""
        self._connection.close()
        wait([self._process.sentinel], _GRACE_SECONDS)
        self.end()

    def _end_group(self) -> None:
        """Kill the process and those that it has started, which are known by its number until it is joined."""
        if is_child(self._number):
            end_group(self._number)


def over_time(seconds: float) -> PleuraError:
    """Return the error of a task that took longer than it may."""
    return PleuraError(f"not finished after {seconds:g} seconds", code="time-limit")


def _leave_interrupts() -> None:
    """Keep Ctrl-C from the processes that this thread starts, which inherit that; the main thread gets it."""
    with suppress(AttributeError):  # Windows has no masks
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _work(connection: Connection) -> None:
    """Do tasks, in a process of its own, until no more can come."""
    lead_group()
    follow_parent()
    with suppress(EOFError, ConnectionError):
        while True:
            work = connection.recv()
            try:
                answer = (True, work())
            except Exception as error:
                answer = (False, error)
            connection.send(answer)
