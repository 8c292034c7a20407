"""A file is handed to the desktop, and where there is none, that is a warning."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pleura.cli.viewer import open_file


@pytest.mark.parametrize(("platform", "program"), [("linux", "xdg-open"), ("darwin", "open")])
def test_file_is_handed_to_the_program_of_the_desktop(platform: str, program: str, monkeypatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: started.append(command))
    open_file(Path("-lungs.png"))
    assert started == [[program, str(Path("-lungs.png").absolute())]]


def test_windows_opens_files_itself(monkeypatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "startfile", opened.append, raising=False)
    open_file(Path("lungs.png"))
    assert opened == [Path("lungs.png")]


def test_no_desktop_is_a_warning(monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "platform", "linux")
    open_file(Path("lungs.png"))
    assert capsys.readouterr().err == "pleura: warning: lungs.png cannot be shown: No such file or directory\n"
