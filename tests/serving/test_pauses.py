"""What is tried in vain is left alone for twice as long each time."""

from __future__ import annotations

import pytest

from pleura.serving import pauses
from pleura.serving.pauses import Pauses


def test_pauses_grow_to_ten_minutes_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(pauses.time, "monotonic", lambda: now)
    left_alone = Pauses()
    assert [left_alone.begin("web") for _ in range(9)] == [5, 10, 20, 40, 80, 160, 320, 600, 600]
    assert (left_alone.is_over("web"), left_alone.is_over("other")) == (False, True)
    now = 600.0
    assert left_alone.is_over("web")
    left_alone.forget("web")
    assert left_alone.begin("web") == 5
