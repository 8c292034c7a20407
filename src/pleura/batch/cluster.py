"""A Dask cluster in place of processes of this machine: an executor whose tasks run on the workers of a scheduler."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, InvalidStateError
from contextlib import suppress
from functools import partial
from threading import Timer
from typing import Any, ParamSpec, TypeVar

from pleura.errors import InvalidOption, PleuraError, missing_extra

_TIMEOUT = 30
"""Seconds in which a scheduler answers."""

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


def connect(address: str, seconds: float) -> tuple[Executor, int]:
    """Return an executor of a Dask scheduler, and how many tasks its workers do at a time.

    Parameters
    ----------
    seconds : that one task may take; the worker of one that takes longer is started anew

    Raises
    ------
    MissingExtra : distributed is not installed
    InvalidOption : nothing answers there, or it has no workers (`no-cluster`)
    """
    try:
        from distributed import Client
    except ImportError:
        raise missing_extra("distributed", "cluster") from None
    client: Any = None
    try:
        client = Client(address, timeout=_TIMEOUT, set_as_default=False)  # type: ignore[no-untyped-call]
        client.wait_for_workers(1, timeout=_TIMEOUT)
    except (OSError, ValueError, TimeoutError) as error:
        if client is not None:
            client.close()
        text = f"{address}: no Dask scheduler with workers answers there; start them, or name another"
        raise InvalidOption(text, code="no-cluster") from error
    return _Cluster(client, seconds), sum(client.nthreads().values())


class _Cluster(Executor):
    """The executor of a client, which is closed with it.

    Its futures raise what their tasks raised; where a worker was lost, a `PleuraError` with the code `worker-lost` or
    `time-limit`, and where the scheduler was, `cluster-lost`.
    """

    def __init__(self, client: Any, seconds: float) -> None:
        self._client, self._seconds = client, seconds
        self._tasks: set[Any] = set()

    def submit(
        self, fn: Callable[Arguments, Result], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[Result]:
        """Return the future of a task."""
        # Each task is one of its own (not pure), though it may look like one that was done before.
        task = self._client.submit(fn, *args, **kwargs, pure=False)
        self._tasks.add(task)  # the cluster forgets those that nobody holds
        future: Future[Result] = Future()
        timer = Timer(self._seconds, self._end, (task, future))
        timer.daemon = True
        timer.start()
        task.add_done_callback(partial(self._pass_on, future, timer))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 - of the protocol
        """Leave the cluster; tasks that are being done there are given up."""
        with suppress(Exception):  # the scheduler may be gone
            self._client.cancel(list(self._tasks), force=True)
        with suppress(Exception):
            self._client.close()

    def _pass_on(self, future: Future[Any], timer: Timer, task: Any) -> None:
        """Give to a future what came of its task."""
        from distributed import KilledWorker

        timer.cancel()
        self._tasks.discard(task)
        with suppress(InvalidStateError):  # it has taken too long already
            if task.status == "finished":
                future.set_result(task.result())
            elif task.status == "error" and isinstance(error := task.exception(), KilledWorker):
                text = f"its workers ended, one after another; see their logs ({type(error).__name__})"
                future.set_exception(PleuraError(text, code="worker-lost"))
            elif task.status == "error":
                future.set_exception(task.exception())
            else:
                text = "the Dask scheduler was lost; start it and give the same command again, which goes on"
                future.set_exception(PleuraError(text, code="cluster-lost"))

    def _end(self, task: Any, future: Future[Any]) -> None:
        """Give up a task that takes too long, and start its worker anew."""
        text = f"not finished after {self._seconds:g} seconds; give it more with --time-limit"
        with suppress(InvalidStateError):
            future.set_exception(PleuraError(text, code="time-limit"))
        with suppress(Exception):  # a worker that nobody watches over (no nanny) cannot be started anew
            workers = [worker for worker, keys in self._client.processing().items() if task.key in keys]
            task.cancel()
            self._client.restart_workers(workers, timeout=_TIMEOUT)
