"""Processes that prepare cases: they end with the one that started them, and leave Ctrl-C to it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pleura.preparation.workers import worker_processes

PROGRAM = """
import os, signal, time
from pleura.preparation.workers import worker_processes

if __name__ == "__main__":
    with worker_processes(2) as together:
        list(together(abs, range(4)))
        {end}
"""


def test_one_worker_is_this_process() -> None:
    with worker_processes(1) as together:
        assert together is map


def test_work_of_several_comes_back_in_order() -> None:
    with worker_processes(2) as together:
        assert list(together(abs, [-3, -2, -1])) == [3, 2, 1]


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "os.killpg(0, signal.SIGINT); time.sleep(60)"])
def test_workers_end_with_the_process_that_started_them(end: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(end=end))
    # It comes back when the last process that holds its output has ended.
    done = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, timeout=100, start_new_session=True, check=False
    )
    assert done.returncode in {-signal.SIGKILL, -signal.SIGINT}
    assert done.stderr.count("Traceback") == (done.returncode == -signal.SIGINT)  # that of the program itself
