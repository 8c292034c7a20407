"""A Dask cluster in place of processes of this machine: an executor whose tasks run on the workers of a scheduler."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Timer
from typing import Any, ParamSpec, TypeVar
from uuid import uuid4

from pleura.batch.worker_pool import over_time
from pleura.errors import InvalidOption, PleuraError, missing_extra

_ANSWER_SECONDS = 30
"""Seconds in which a scheduler answers."""

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


def connect(address: str, seconds: float, security: Any = None) -> tuple[Executor, int]:
    """Return an executor of a Dask scheduler, and how many tasks its workers do at a time.

    Parameters
    ----------
    seconds : that one task may take from where a worker begins it, which may be busy with those of others before;
        the worker of one that takes longer is started anew
    security : certificates of a scheduler that speaks TLS, where they are not those of Dask's configuration

    Raises
    ------
    MissingExtra : distributed is not installed
    InvalidOption : nothing answers there, or it has no workers (`no-cluster`)
    """
    try:
        from distributed import Client
        from distributed.comm.addressing import get_address_host
    except ImportError:
        raise missing_extra("distributed", "cluster") from None
    client: Any = None
    try:
        get_address_host(address)  # a client that cannot read it tries for a minute
        client = Client(  # type: ignore[no-untyped-call]
            address, timeout=_ANSWER_SECONDS, set_as_default=False, security=security
        )
        client.wait_for_workers(1, timeout=_ANSWER_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        if client is not None:
            client.close()
        text = f"{address}: no Dask scheduler with workers answers there; start them, or name another"
        raise InvalidOption(text, code="no-cluster") from error
    return _Cluster(client, seconds), sum(client.nthreads().values())


@dataclass
class _Task:
    """A task that was handed out: where its result goes, what the client calls it, and what counts its time."""

    future: Future[Any]
    of_client: Any = None
    timer: Timer | None = None

    def stop(self) -> None:
        if self.timer is not None:
            self.timer.cancel()


class _Cluster(Executor):
    """The executor of a client, which is closed with it.

    Its futures raise what their tasks raised; where a worker was lost, a `PleuraError` with the code `worker-lost` or
    `time-limit`, and where the scheduler was, `cluster-lost`.
    """

    def __init__(self, client: Any, seconds: float) -> None:
        self._client, self._seconds = client, seconds
        self._tasks: dict[str, _Task] = {}  # the cluster forgets those that nobody holds
        self._topic = f"pleura-{uuid4()}"
        client.subscribe_topic(self._topic, self._begin)

    def submit(
        self, fn: Callable[Arguments, Result], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[Result]:
        """Return the future of a task."""
        key = f"pleura-{uuid4()}"  # each task is one of its own, though it may look like one that was done before
        future: Future[Result] = Future()
        task = self._tasks[key] = _Task(future)
        task.of_client = self._client.submit(_announced, self._topic, partial(fn, *args, **kwargs), key=key)
        task.of_client.add_done_callback(partial(self._pass_on, key))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 - of the protocol
        """Leave the cluster; tasks that are being done there are given up."""
        with suppress(Exception):  # the scheduler may be gone
            self._client.cancel([task.of_client for task in tuple(self._tasks.values())], force=True)
        try:
            self._client.close()
        except Exception:  # its link broke off meanwhile; collected, it would close once more, with a traceback
            self._client.status = "closed"

    def _begin(self, event: tuple[float, str]) -> None:
        """Count the time of a task that a worker begins, from the start where one before has died with it."""
        task = self._tasks.get(event[1])
        if task is not None:
            task.stop()
            task.timer = Timer(self._seconds, self._end, (task,))
            task.timer.daemon = True
            task.timer.start()

    def _pass_on(self, key: str, task: Any) -> None:
        """Give to the future of a task what came of it."""
        from distributed import KilledWorker

        ended = self._tasks.pop(key)
        ended.stop()
        future = ended.future
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

    def _end(self, task: _Task) -> None:
        """Give up a task that takes too long, and start its worker anew."""
        with suppress(InvalidStateError):
            task.future.set_exception(over_time(self._seconds))
        with suppress(Exception):  # a worker that nobody watches over (no nanny) cannot be started anew
            key = task.of_client.key
            workers = [worker for worker, keys in self._client.processing().items() if key in keys]
            task.of_client.cancel()
            self._client.restart_workers(workers, timeout=_ANSWER_SECONDS)


def _announced(topic: str, work: Callable[[], Result]) -> Result:
    """Do a task on a worker, and say first that it begins."""
    from distributed import get_worker

    worker = get_worker()
    worker.log_event(topic, worker.get_current_task())
    return work()
