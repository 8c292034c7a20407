"""The command line in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from quick_network import network, scan, slice_picture, small_pictures  # noqa: F401 - fixtures

import pleura.cli.progress
import pleura.segmenter
from pleura.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Return a function that runs `pleura` with the given arguments."""

    def command(*arguments: object) -> Ran:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as left:  # the parser leaves by itself
            code = int(left.code or 0)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return command


@pytest.fixture(autouse=True)
def no_lines_of_a_slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print no line that only tells how far long work is, so that output is the same on a busy machine."""
    monkeypatch.setattr(pleura.cli.progress, "EVERY", 3600.0)


@pytest.fixture(autouse=True)
def work_elsewhere(elsewhere: Path) -> None:
    """Work in a folder of its own."""
