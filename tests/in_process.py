"""An executor that does each task in this process, where its result is asked for; a batch without processes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class InProcess(Executor):
    """Does each task when it is submitted; takes what a `WorkerPool` takes."""

    made: list[InProcess] = []  # noqa: RUF012 - of all tests, each of which clears it

    def __init__(self, count: int = 1, limits: object = None) -> None:
        self.count, self.limits = count, limits
        self.made.append(self)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future
