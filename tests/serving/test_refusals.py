"""Calls and objects that are refused are logged with the reason, and a flood of them in a few lines."""

from __future__ import annotations

import pytest

from pleura.serving import refusals as module
from pleura.serving.counts import Counts
from pleura.serving.refusals import Refusals


def test_a_flood_is_logged_in_few_lines_and_counted_as_a_whole(caplog: pytest.LogCaptureFixture) -> None:
    counts = Counts()
    refusals = Refusals(counts, "associations_rejected", "calls")
    for number in range(1000):
        refusals.add("a call is refused: the same reason")
        refusals.add(f"a call is refused: its AE title 'A{number}' is none of calling_titles")
    assert counts["associations_rejected"] == 2000
    assert len(caplog.messages) == module._MOST_LINES
    assert caplog.messages[0] == "a call is refused: the same reason"


def test_after_a_while_it_is_said_again_and_how_many_were_not_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = Refusals(Counts(), "objects_refused", "objects")
    for _ in range(5):
        refusals.add("an object is refused: a reason")
    caplog.clear()
    monkeypatch.setattr(module, "_REPEAT_SECONDS", 0.0)
    refusals.add("an object is refused: a reason")
    assert caplog.messages == ["4 more objects were refused", "an object is refused: a reason"]
