"""A task that dies, hangs or takes too much memory costs itself alone; its process is started anew."""

from __future__ import annotations

import operator
import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from multiprocessing import active_children

import pytest

from pleura.batch.worker_pool import Limits, WorkerPool
from pleura.errors import PleuraError
from pleura.processes import is_child

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by POSIX signals")


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(1, Limits(60.0))
    yield pool
    pool.shutdown(cancel_futures=True)


def test_results_and_errors_come_back_and_the_process_stays(pool: WorkerPool) -> None:
    first = pool.submit(os.getpid).result()
    with pytest.raises(ZeroDivisionError):
        pool.submit(operator.truediv, 1, 0).result()
    assert pool.submit(os.getpid).result() == first != os.getpid()


def test_a_task_whose_process_is_killed_is_the_only_one_lost(pool: WorkerPool) -> None:
    futures = [pool.submit(os.getpid), pool.submit(os.abort), pool.submit(os.getpid)]
    with pytest.raises(PleuraError, match=f"signal {int(signal.SIGABRT)}") as caught:
        futures[1].result()
    assert caught.value.code == "worker-lost"
    assert futures[0].result() != futures[2].result()  # a new process


def test_a_result_that_cannot_be_sent_is_a_lost_process(pool: WorkerPool) -> None:
    with pytest.raises(PleuraError) as caught:
        pool.submit(eval, "lambda: 1").result()
    assert caught.value.code == "worker-lost"


def test_a_task_that_hangs_is_ended_at_its_limit() -> None:
    pool = WorkerPool(1, Limits(1.0))
    with pytest.raises(PleuraError) as caught:
        pool.submit(time.sleep, 600).result()
    assert caught.value.code == "time-limit"
    pool.shutdown()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux states the memory of a process")
def test_a_task_that_takes_too_much_memory_is_ended() -> None:
    pool = WorkerPool(1, Limits(60.0, 300 << 20))
    with pytest.raises(PleuraError) as caught:
        pool.submit(eval, "[b'x' * (400 << 20), __import__('time').sleep(600)]").result()
    assert caught.value.code == "memory-limit"
    pool.shutdown()


def test_no_process_is_killed_by_a_number_that_may_be_of_another(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[bool] = []
    monkeypatch.setattr("pleura.batch.worker_pool.end_group", lambda number: killed.append(is_child(number)))
    pool.submit(os.getpid).result()
    with pytest.raises(PleuraError):
        pool.submit(os._exit, 3).result()
    pool.submit(os.getpid).result()
    pool.shutdown()
    assert killed
    assert all(killed)


def test_closing_ends_what_is_done_and_cancels_what_waits(pool: WorkerPool) -> None:
    running, waiting = pool.submit(time.sleep, 600), pool.submit(os.getpid)
    while not (processes := active_children()):
        time.sleep(0.01)
    process = processes[0].pid
    pool.shutdown(cancel_futures=True)
    with pytest.raises(PleuraError):
        running.result()
    with pytest.raises(CancelledError):
        waiting.result()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    with pytest.raises(RuntimeError):
        pool.submit(os.getpid)
