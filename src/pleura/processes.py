"""Processes that end with the one that started them, and what the system says of them."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from multiprocessing import parent_process
from pathlib import Path
from threading import Thread


def follow_parent() -> None:
    """End this process when the one that started it has ended, however, instead of waiting for tasks for ever."""
    Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        end_group(os.getpid())
        os._exit(1)


def lead_group() -> None:
    """Make this process the first of a group of its own, which Ctrl-C on a terminal does not reach."""
    with suppress(AttributeError, OSError):  # Windows has none
        os.setpgid(0, 0)


def end_group(process: int) -> None:
    """Kill a process that leads a group, and those that it has started; one that leads none is left alone."""
    with suppress(AttributeError, OSError):
        if os.getpgid(process) == process:
            os.killpg(process, signal.SIGKILL)


def is_child(process: int) -> bool:
    """Say whether a process was started by this one and not waited for since; later its number may be another's."""
    try:
        os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except (AttributeError, OSError):  # Windows has no groups either
        return False
    return True


def resident_bytes(process: int) -> int:
    """Return how much memory a process has in use; 0 where the system does not state it (others than Linux)."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def available_bytes() -> int:
    """Return how much memory this process may use: that of the machine, or of its container; 0 where unknown."""
    found = []
    with suppress(AttributeError, ValueError, OSError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):  # "max" is no number
            found.append(int(Path(limit).read_text(encoding="ascii")))
    return min(found, default=0)
