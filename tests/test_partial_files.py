"""What a killed process left unfinished goes with the next file that is written there; all else is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pleura import partial_files
from pleura.files import atomic_write
from pleura.partial_files import partial_path, remove_abandoned

KILLED = (
    "import os, signal, sys; from pathlib import Path; from pleura.files import atomic_write\n"
    "with atomic_write(Path(sys.argv[1])) as file: file.write(b'half'); file.flush(); os.kill(os.getpid(), {signal})"
)


def leave_unfinished(folder: Path) -> Path:
    program = KILLED.format(signal="signal.SIGKILL")
    subprocess.run([sys.executable, "-c", program, str(folder / "mask")], check=False)
    (left,) = folder.iterdir()
    return left


@pytest.fixture(autouse=True)
def _first_time() -> None:
    remove_abandoned.cache_clear()


def test_unfinished_file_of_a_killed_process_goes_with_the_next_file_that_is_written_there(tmp_path: Path) -> None:
    assert leave_unfinished(tmp_path).name.endswith(".part")
    with atomic_write(tmp_path / "mask") as file:
        file.write(b"whole")
    assert list(tmp_path.iterdir()) == [tmp_path / "mask"]


def test_unfinished_file_of_a_living_process_stays(tmp_path: Path) -> None:
    program = KILLED.format(signal="signal.SIGSTOP")
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "mask")]) as process:
        os.waitpid(process.pid, os.WUNTRACED)  # until it has stopped in the middle of the file
        (unfinished,) = tmp_path.iterdir()
        remove_abandoned(tmp_path)
        assert unfinished.exists()
        process.kill()


def test_what_cannot_be_judged_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = leave_unfinished(tmp_path)
    process = left.name.split("-")[2]
    others = [".pleura-mine.part", f".pleura-{process}-0.part", f".pleura-0123456789ab-{process}-0.part", "a.part"]
    for name in others:
        (tmp_path / name).touch()
    folder = tmp_path / left.name.replace("-0.", "-1.")
    folder.mkdir()
    (folder / "0001.dcm").touch()
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(partial_files, "_machine", lambda: partial_files._ELSEWHERE)
        remove_abandoned(tmp_path)
        assert left.exists()
    remove_abandoned.cache_clear()
    remove_abandoned(tmp_path)
    assert {left, folder}.isdisjoint(tmp_path.iterdir())
    assert {path.name for path in tmp_path.iterdir()} >= set(others)


def test_a_folder_is_looked_through_once(tmp_path: Path) -> None:
    partial_path(tmp_path / "a")
    left = leave_unfinished(tmp_path)
    partial_path(tmp_path / "b")
    assert left.exists()


def test_a_system_that_does_not_state_its_boot_is_like_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partial_files, "_BOOT", tmp_path / "missing")
    partial_files._machine.cache_clear()
    try:
        assert partial_path(tmp_path / "mask").name.startswith(".pleura-0-")
    finally:
        partial_files._machine.cache_clear()


def test_folder_that_a_killed_process_was_about_to_replace_stays(tmp_path: Path) -> None:
    (tmp_path / "result").mkdir()
    (tmp_path / "result" / "mine").write_text("earlier")
    program = (
        "import os, signal, sys; from pathlib import Path; from pleura.files import atomic_folder\n"
        "rename = Path.rename\n"
        "def killed(path, to): rename(path, to); os.kill(os.getpid(), signal.SIGKILL)\n"
        "Path.rename = killed\n"
        "with atomic_folder(Path(sys.argv[1])) as folder: (folder / 'mine').write_text('new')"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "result")], check=False)
    with atomic_write(tmp_path / "other"):
        pass
    assert [path.read_text() for path in tmp_path.rglob("mine")] == ["earlier"]
