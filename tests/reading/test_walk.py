"""Folders as they are met: nested deeper than functions may call themselves."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pleura.preparation.names import parse_name
from pleura.reading.walk import files_below

DEPTH = 1200


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """Return the file at the end of folders within folders, made one at a time."""
    start = Path.cwd()
    os.chdir(tmp_path)
    for _ in range(DEPTH):
        Path("d").mkdir()
        os.chdir("d")
    Path("file.png").touch()
    os.chdir(start)
    yield tmp_path.joinpath(*["d"] * DEPTH, "file.png")
    subprocess.run(["rm", "-r", tmp_path / "d"], check=True)  # what Python has for it calls itself for each folder


def test_folders_are_gone_through_however_deep_they_lie(deep: Path, tmp_path: Path) -> None:
    assert files_below(tmp_path) == [deep]


def test_name_is_read_however_deep_the_file_lies(deep: Path, tmp_path: Path) -> None:
    assert parse_name(deep, tmp_path).path == deep
