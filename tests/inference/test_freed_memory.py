"""Memory that was freed is given back."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from pleura.inference.freed_memory import return_freed_memory


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries give back memory by themselves")
def test_memory_of_freed_arrays_goes_back_to_the_system() -> None:
    kept = [np.ones(100_000, np.uint8) for _ in range(2000)]  # 200 MB in pieces that the C library keeps
    between = kept[::100]
    del kept
    before = resident()
    return_freed_memory()
    assert before - resident() > 100e6
    assert len(between) == 20
