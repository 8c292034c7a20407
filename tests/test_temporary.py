"""Temporary folders of processes that live are left alone; those of others go when the next one is made."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pleura import temporary
from pleura.temporary import remove_abandoned, temporary_file, temporary_folder

OURS = ".pleura-temporary-"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_file_has_no_name_and_can_be_opened_again(place: Path) -> None:
    with temporary_file() as (file, path):
        file.write(b"held")
        file.flush()
        assert path.read_bytes() == b"held"
        assert not any(place.iterdir())
    assert not path.exists()


def test_file_has_a_folder_of_its_own_where_the_system_knows_no_nameless_ones(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(temporary, "_DESCRIPTORS", place / "missing")
    with temporary_file() as (file, path):
        file.write(b"held")
        file.flush()
        assert path.read_bytes() == b"held"
    assert not any(place.iterdir())


def test_folder_is_gone_afterwards_and_stays_while_it_is_used(place: Path) -> None:
    with temporary_folder() as folder:
        (folder / "file").touch()
        remove_abandoned()
        with temporary_folder() as other:
            assert other != folder
        assert (folder / "file").exists()
    assert not any(place.iterdir())


def test_folder_of_a_killed_process_goes_with_the_next_one(place: Path) -> None:
    program = (
        "import os, signal; from pathlib import Path; from pleura.temporary import temporary_folder\n"
        "with temporary_folder() as folder: (folder / 'file').touch(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program], env={**os.environ, "TMPDIR": str(place)}, check=False)
    assert [path.name for path in place.rglob("*") if path.is_file()] == ["file"]
    with temporary_folder():
        pass
    assert not any(place.iterdir())


def test_what_is_not_ours_is_left_alone(place: Path) -> None:
    (place / "elsewhere").mkdir()
    (place / "elsewhere" / "file").touch()
    (place / f"{OURS}abcdefgh").symlink_to(place / "elsewhere")
    (place / f"{OURS}abcdefg-mine").mkdir()
    (place / f"{OURS}abcdefgh-mine").mkdir()
    (place / "pleura-demo").mkdir()
    (place / f"{OURS}afile123").touch()
    before = sorted(place.rglob("*"))
    remove_abandoned()
    assert sorted(place.rglob("*")) == before


def test_folder_works_where_there_are_no_locks(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temporary, "_HAS_LOCKS", False)
    with temporary_folder() as folder, temporary_folder() as other:
        assert folder != other
    assert not any(place.iterdir())


def test_folder_of_another_user_is_left_alone(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / f"{OURS}abcdefgh").mkdir()
    with monkeypatch.context() as other:
        other.setattr(temporary.os, "getuid", lambda: os.geteuid() + 1)
        remove_abandoned()
    assert [path.name for path in place.iterdir()] == [f"{OURS}abcdefgh"]
    remove_abandoned()
    assert not any(place.iterdir())


@pytest.mark.parametrize("removed", ["before it is opened", "while it is locked", "before it is locked"])
def test_another_folder_is_made_where_a_process_takes_the_first_for_an_abandoned_one(
    place: Path, monkeypatch: pytest.MonkeyPatch, removed: str
) -> None:
    lock = temporary._lock

    def lock_late(folder: Path) -> int:
        monkeypatch.setattr(temporary, "_lock", lock)
        descriptor = lock(folder) if removed == "before it is locked" else -1
        folder.rmdir()
        if removed == "while it is locked":
            raise BlockingIOError
        return descriptor if descriptor >= 0 else lock(folder)

    monkeypatch.setattr(temporary, "remove_abandoned", lambda: None)
    monkeypatch.setattr(temporary, "_lock", lock_late)
    with temporary_folder() as folder:
        assert folder.is_dir()
    assert not any(place.iterdir())


def test_folder_works_where_the_file_system_has_no_locks(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    def refuse(*_: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with temporary_folder() as folder:
        (folder / "file").touch()
        remove_abandoned()
        assert (folder / "file").exists()
    assert not any(place.iterdir())
