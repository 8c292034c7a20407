"""The fuzzer begins with sound files, gives the same bytes again, and says what came of them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import fuzz_seeds
import pytest
from fuzz import inputs, main

import pleura
from pleura.errors import PleuraError

NO_IMAGES = {"seg", "rtstruct", "bundle"}


def test_every_seed_is_read(tmp_path: Path) -> None:
    for seed in fuzz_seeds.seeds():
        for name, data in seed.files.items():
            (tmp_path / name).write_bytes(data)
        path = tmp_path / next(iter(seed.files))
        if seed.group in NO_IMAGES or "labels" in seed.name:
            with pytest.raises(PleuraError):
                pleura.read(path)
        else:
            assert pleura.read(path).voxels.size


def test_the_same_number_gives_the_same_files_at_another_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = [(number, files) for number, _, files in inputs("a", 5, 20, "")]
    monkeypatch.setattr(time, "time", lambda: 1e9)
    assert [(number, files) for number, _, files in inputs("a", 5, 20, "")] == first


def test_a_short_run_prints_its_table_and_finds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, str(Path(fuzz_seeds.__file__).with_name("fuzz.py")), "--count", "40"]
    run = subprocess.run([*command, "--keep", str(tmp_path / "kept")], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-2].split()[:2] == ["all", "40"]
    assert not (tmp_path / "kept").exists()


def test_a_failing_input_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fuzz

    found = {"group": "nifti", "number": 7, "what": "crash", "detail": "exit -11"}
    monkeypatch.setattr(fuzz, "watch", lambda *_: iter([found]))
    assert main(["--keep", str(tmp_path)]) == 1
    assert len(list((tmp_path / "7-crash").iterdir())) >= 2
