"""A Dask cluster in place of processes of this machine: an executor whose tasks run on the workers of a scheduler."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

from pleura.errors import InvalidOption, missing_extra

_TIMEOUT = 30
"""Seconds in which a scheduler answers."""


def connect(address: str) -> tuple[Executor, int]:
    """Return an executor of a Dask scheduler, and how many tasks its workers do at a time.

    Raises
    ------
    MissingExtra : distributed is not installed
    InvalidOption : nothing answers there, or it has no workers (`no-cluster`)
    """
    try:
        from distributed import Client
    except ImportError:
        raise missing_extra("distributed", "cluster") from None
    try:
        client: Any = Client(address, timeout=_TIMEOUT, set_as_default=False)  # type: ignore[no-untyped-call]
        client.wait_for_workers(1, timeout=_TIMEOUT)
    except (OSError, ValueError, TimeoutError) as error:
        text = f"{address}: no Dask scheduler with workers answers there; start them, or name another"
        raise InvalidOption(text, code="no-cluster") from error
    threads = sum(client.nthreads().values())
    return _Cluster(client), threads


class _Cluster(Executor):
    """The executor of a client, which is closed with it."""

    def __init__(self, client: Any) -> None:
        self._client = client
        # Each task is one of its own, though it may look like one that was done before.
        self._executor = client.get_executor(pure=False)
        self.submit = self._executor.submit  # type: ignore[method-assign]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; tasks that run there are given up."""
        self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close()
