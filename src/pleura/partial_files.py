"""Files that are being written, by whose names those that a killed process left are found and removed.

A name holds the process and where that number counts: the boot of the machine and the space of process numbers, which a
container has of its own. What another machine, or this one before it was started anew, left on a shared drive cannot be
judged and stays. So does everything where the system does not state its boot (others than Linux).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from contextlib import suppress
from functools import cache
from itertools import count
from pathlib import Path

_BOOT, _NUMBERS = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
_ELSEWHERE = "0"
"""Stands in names where nothing tells whose process numbers they hold."""
_count = count()


def partial_path(path: Path) -> Path:
    """Return where `path` is written to until it is whole: beside it, and short, for its own name may be the longest.

    What earlier processes left in the folder is removed the first time that this one writes there.
    """
    remove_abandoned(path.parent)
    return path.with_name(f".pleura-{_machine()}-{os.getpid()}-{next(_count)}.part")


@cache
def remove_abandoned(folder: Path) -> None:
    """Remove the unfinished files and folders in a folder whose processes are gone; never what cannot be judged."""
    ours = re.compile(rf"\.pleura-{_machine()}-(\d+)-\d+\.part")
    if _machine() == _ELSEWHERE:
        return
    with suppress(OSError):  # of a folder that is not there, the writing says it
        for path in folder.iterdir():
            if (found := ours.fullmatch(path.name)) and _is_gone(int(found[1])):
                with suppress(OSError):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()


@cache
def _machine() -> str:
    """Return what the process numbers seen here are known by."""
    try:
        space = f"{_BOOT.read_text(encoding='ascii')}{_NUMBERS.readlink()}"
    except OSError:
        return _ELSEWHERE
    return hashlib.sha256(space.encode()).hexdigest()[:12]


def _is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)  # asks only; on Windows it would end the process, but no name of ours is judged there
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # of another user, or no number of a process
        return False
    return False
