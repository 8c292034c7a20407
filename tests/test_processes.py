"""Processes that end with the one that started them, and what the system says of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from pleura.processes import available_bytes, end_group, is_child, resident_bytes

posix = pytest.mark.skipif(sys.platform == "win32", reason="groups of processes are of POSIX")

HOLDING = """
import os
from pleura.processes import resident_bytes

before = resident_bytes(os.getpid())
held = os.urandom(1 << 20) * 64
print(before, resident_bytes(os.getpid()))
"""

ORPHAN = """
import multiprocessing, os, sys, time
from pleura.processes import follow_parent, lead_group

def child(pipe):
    lead_group()
    follow_parent()
    pipe.send(os.getpid())
    time.sleep(60)

if __name__ == "__main__":
    ours, theirs = multiprocessing.Pipe()
    multiprocessing.get_context("spawn").Process(target=child, args=(theirs,)).start()
    print(ours.recv(), flush=True)
    time.sleep(60)
"""


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@posix
def test_a_child_ends_when_its_parent_is_killed(tmp_path) -> None:
    script = tmp_path / "orphan.py"
    script.write_text(ORPHAN)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    until = time.monotonic() + 30
    while is_there(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_there(child)


@posix
def test_a_group_is_ended_with_those_that_its_leader_started() -> None:
    leader = subprocess.Popen(
        ["sh", "-c", "sleep 60 & echo $!; wait"], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert leader.stdout is not None
    started = int(leader.stdout.readline())
    end_group(leader.pid)
    leader.wait()
    leader.stdout.close()
    until = time.monotonic() + 30
    while is_there(started) and time.monotonic() < until:
        time.sleep(0.05)
    assert leader.returncode == -signal.SIGKILL


@posix
def test_a_process_that_leads_no_group_is_left_alone() -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        end_group(sleeper.pid)
        assert sleeper.poll() is None
        sleeper.kill()


@posix
def test_a_process_is_a_child_until_it_was_waited_for() -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        assert is_child(sleeper.pid)
        sleeper.kill()
        os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
        assert is_child(sleeper.pid)
    assert not is_child(sleeper.pid)
    assert not is_child(os.getpid())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux states it so")
def test_memory_in_use_grows_with_what_is_held_and_is_less_than_there_is() -> None:
    # in a process of its own: one that ran other tests may hold freed memory, which is taken first
    done = subprocess.run([sys.executable, "-c", HOLDING], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert after - before > 32 << 20
    assert before < available_bytes()
    assert resident_bytes(2**22 + 1) == 0  # there is no such process
