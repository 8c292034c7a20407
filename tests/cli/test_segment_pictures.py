"""Pictures and pages beside the mask: by default for one scan on a terminal, shown where that is asked for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import pleura.cli.viewer


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch):
    """Return a function that makes stdout a terminal; the output is taken when a command runs."""
    return lambda: monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return what is shown."""
    found: list[Path] = []
    monkeypatch.setattr(pleura.cli.viewer, "open_file", found.append)
    return found


def pictures() -> list[str]:
    return sorted(path.name for path in Path().rglob("*-preview.png"))


def test_one_scan_on_a_terminal_has_a_picture_beside_its_mask(run, network, scan: Path, terminal) -> None:
    terminal()
    ran = run("segment", scan)
    assert ran.out.splitlines()[-1] == "written: chest_lungs.nii.gz and chest_lungs-preview.png"
    assert pictures() == ["chest_lungs-preview.png"]


def test_no_picture_where_none_is_wanted_or_nobody_looks(run, network, scan: Path, terminal) -> None:
    assert run("segment", scan).code == 0  # into a pipe
    terminal()
    assert run("segment", scan, "--no-preview").code == 0
    assert run("segment", scan, scan, "-o", "out").code == 0  # one scan, named twice
    assert pictures() == ["chest_lungs-preview.png"]


def test_several_scans_have_pictures_only_where_they_are_asked_for(run, network, scan: Path, terminal) -> None:
    terminal()
    Path("a.nii.gz").write_bytes(scan.read_bytes())
    Path("b.nii.gz").write_bytes(scan.read_bytes())
    assert run("segment", "a.nii.gz", "b.nii.gz", "-o", "out").code == 0
    assert pictures() == []
    assert run("segment", "a.nii.gz", "b.nii.gz", "-o", "out", "--preview").code == 0
    assert pictures() == ["a_lungs-preview.png", "b_lungs-preview.png"]


def test_picture_that_nobody_asked_for_stands_in_nobodys_way(run, network, scan: Path, terminal) -> None:
    Path("chest_lungs-preview.png").write_bytes(b"a picture of mine")
    terminal()
    assert run("segment", scan).code == 0
    assert Path("chest_lungs-preview.png").read_bytes() == b"a picture of mine"


def test_open_shows_the_picture_of_one_scan(run, network, scan: Path, opened: list[Path]) -> None:
    assert run("segment", scan, "--open").code == 0
    assert opened == [Path("chest_lungs-preview.png")]
    assert opened[0].is_file()


def test_open_shows_the_page_and_of_several_the_index(run, network, scan: Path, opened: list[Path]) -> None:
    assert run("segment", scan, "lungs.nrrd", "--report", "--open").code == 0
    Path("b.nii.gz").write_bytes(scan.read_bytes())
    assert run("segment", scan, "b.nii.gz", "-o", "out", "--report", "--open").code == 0
    assert opened == [Path("lungs.html"), Path("out/index.html")]
    assert all(path.is_file() for path in opened)
    assert pictures() == []


@pytest.mark.parametrize("more", [("--no-preview",), ("other.nii.gz", "-o", "out")])
def test_open_without_anything_to_open_is_an_error_before_any_work(run, network, scan: Path, more, opened) -> None:
    Path("other.nii.gz").write_bytes(scan.read_bytes())
    ran = run("segment", scan, *more, "--open")
    assert ran.code == 2
    assert "add --report" in ran.err
    assert opened == []


def test_nothing_is_opened_where_nothing_was_written(run, network, opened: list[Path]) -> None:
    Path("bad.nii").write_bytes(b"nothing")
    assert run("segment", "bad.nii", "--open").code == 2
    assert opened == []
