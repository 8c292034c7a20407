"""The benchmark of the node, with a few bad calls: it fails where one is let in, or ends the node."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pynetdicom")
NODE = Path(__file__).parents[2] / "benchmarks" / "node.py"


def test_nothing_bad_is_let_in() -> None:
    command = [sys.executable, NODE, "--only", "bad", "--bad", "8"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed == "8 bad calls and objects: let in 0, crashes 0\n"


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificates")
def test_nobody_is_let_in_without_a_known_certificate() -> None:
    command = [sys.executable, NODE, "--only", "tls", "--tls", "6"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed == "6 calls without a known certificate: let in 0, crashes 0\n"
