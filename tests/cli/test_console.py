"""The command line says each thing in one line, in its own place, and never what a terminal would obey."""

from __future__ import annotations

import io
import sys

import pytest

from pleura.cli.console import OutputLost, complain, fail, say, warn
from pleura.errors import AmbiguousInput, Choice, UnreadableInput


class Full(io.StringIO):
    """A device without space."""

    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


def test_results_go_to_stdout_and_warnings_and_errors_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    say("a result")
    warn("look")
    fail("no\n  such file")
    assert capsys.readouterr() == ("a result\n", "pleura: warning: look\npleura: error: no such file\n")


def test_what_a_terminal_would_obey_is_spelt_out(capsys: pytest.CaptureFixture[str]) -> None:
    say("scan\x1b[2J.nii")
    assert capsys.readouterr().out == "scan\\x1b[2J.nii\n"


def test_results_that_cannot_be_printed_are_an_error_and_warnings_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Full())
    monkeypatch.setattr(sys, "stderr", Full())
    with pytest.raises(OutputLost, match="No space left on device"):
        say("a result")
    warn("look")


def test_choices_are_a_line_each_with_their_descriptions(capsys: pytest.CaptureFixture[str]) -> None:
    choice = Choice(1, "1.2.1", "THORAX BONE", "B70f", "9 slices", (9, 64, 64), (5, 1, 1))
    complain(AmbiguousInput("scan: 2 series could be meant", code="several-series", choices=[choice]), debug=False)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "pleura: error: scan: 2 series could be meant:"
    assert lines[1].startswith('  1  "THORAX BONE", kernel B70f')


def test_traceback_is_shown_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    complain(UnreadableInput("scan: damaged", code="damaged"), debug=True)
    assert "UnreadableInput: scan: damaged" in capsys.readouterr().err
    complain(KeyError("surprise"), debug=False)
    assert capsys.readouterr().err.startswith("pleura: error: unexpected, a defect of pleura; run again with --debug")
