"""The benchmark of batches, with few rows and few kills: it fails where a kill loses, doubles or halves a scan."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BATCH = Path(__file__).parents[2] / "benchmarks" / "batch.py"


def printed(*options: str) -> str:
    return subprocess.run([sys.executable, BATCH, *options], capture_output=True, text=True, check=True).stdout


def test_rows_are_planned_and_recorded() -> None:
    assert printed("--only", "rows", "--rows", "60").startswith("60 rows: planned in ")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for the workers of a process in /proc")
def test_kills_lose_nothing() -> None:
    assert "lost, doubled, half or other: 0" in printed("--only", "kills", "--kills", "3", "--scans", "4")
