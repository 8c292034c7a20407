"""Long compressed series, decoded by helper processes, since every decoder holds the interpreter's lock.

A helper is a plain `python -c` that takes frames on its standard input and writes HU to its standard output: unlike a
pool it does not import the caller's script again, so that it is safe from a script, a notebook or a service. Whatever
a helper does not deliver is read by the caller itself, which then raises the error that there is.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pleura.reading.dicom.frames import Frame
from pleura.reading.dicom.pixels import Todo, read_plane

_MOST_HELPERS = 8
"""Each of them starts Python anew; a disk feeds no more decoders than that (chosen)."""
_SERVE = "from pleura.reading.dicom.workers import serve; serve()"


def read_in_workers(todo: Todo, voxels: NDArray[np.int16]) -> list[tuple[int, Frame]]:
    """Read frames into their slots of `voxels` (z, y, x) by helper processes.

    Returns
    -------
    What is left to read: nothing as a rule; everything where there is one processor or no Python to start, or where
    several frames lie in one file, which each helper would have to read whole.
    """
    helpers = min(os.cpu_count() or 1, _MOST_HELPERS)
    one_each = len({frame.header.path for _, frame in todo}) == len(todo)
    if helpers < 2 or not one_each or not Path(sys.executable or "").stem.lower().startswith(("python", "pypy")):
        return list(todo)
    shares = [todo[start::helpers] for start in range(helpers)]
    with ThreadPoolExecutor(helpers) as threads:
        return [left for rest in threads.map(partial(_share, voxels), shares) for left in rest]


def _share(voxels: NDArray[np.int16], share: Todo) -> Todo:
    """Let one helper read a share; return the part that it did not deliver."""
    command = [sys.executable, "-P", "-c", _SERVE]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    done = 0
    try:
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere, env=environment) as helper:
            assert helper.stdin is not None
            assert helper.stdout is not None
            with helper.stdin as to_helper:
                pickle.dump([frame for _, frame in share], to_helper)
            for slot, _ in share:
                if helper.stdout.readinto(voxels[slot].data.cast("B")) < voxels[slot].nbytes:  # type: ignore[attr-defined]
                    break
                done += 1
    except OSError:
        pass  # no process could be started, or it ended early
    return share[done:]


def serve() -> None:
    """Read the frames that come on standard input and write their HU to standard output, in order."""
    for frame in pickle.load(sys.stdin.buffer):
        sys.stdout.buffer.write(read_plane(frame).data)
    sys.stdout.buffer.flush()
