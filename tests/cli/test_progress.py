"""A pipe gets a line every some seconds, whatever takes long, and none where there is nothing to say."""

from __future__ import annotations

import io
import time

import pytest

from pleura.cli import progress
from pleura.cli.progress import Pace, counted, progress_bar, reported


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.005)


def until_printed(stream: io.StringIO, text: str) -> None:
    """Wait for the thread that prints; the test fails where it never does."""
    for _ in range(2000):
        if text in stream.getvalue():
            return
        time.sleep(0.005)
    pytest.fail(f"{text!r} is not in {stream.getvalue()!r}")


def test_what_is_being_done_is_printed_again_and_again() -> None:
    stream = io.StringIO()
    with reported(stream) as tell:
        tell("reading 1 of 9 cases")
        until_printed(stream, "reading 1 of 9 cases\nstill reading 1 of 9 cases\n")
        tell("exporting the network")
        until_printed(stream, "\nexporting the network\n")
    printed = stream.getvalue()
    time.sleep(0.05)
    assert stream.getvalue() == printed  # it ends with the work


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with counted("preparing", quiet=True) as tell:
        tell(1, 2)
        time.sleep(0.05)
    assert capsys.readouterr() == ("", "")


def test_work_goes_on_where_the_reader_of_the_lines_has_left() -> None:
    stream = io.StringIO()
    stream.close()
    with reported(stream) as tell:
        tell("anything")
        time.sleep(0.05)


def test_time_left_follows_from_the_pace_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 110.0, 400.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    pace = Pace()
    assert pace.left(5, 105) == ""  # begun after 5 steps, as by --resume
    assert pace.left(55, 105) == ", about 10 seconds left"  # 50 steps in 10 seconds, 50 to go
    assert pace.left(55, 105) == ", about 5 minutes left"  # 50 steps in 300 seconds


def test_bar_is_drawn_on_stderr_and_says_how_many_are_done(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    with progress_bar() as move:
        move(3, 9, "segmenting")
        print("a result")  # noqa: T201 - what a command prints meanwhile
    out, err = capsys.readouterr()
    assert out == "a result\n"
    assert "3/9" in err
    assert "segmenting" in err
