"""Stages have the seconds between their ends."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pleura.inference import clock


def test_a_lap_lasts_from_the_end_of_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([10.0, 12.5, 13.0])
    monkeypatch.setattr(clock, "time", SimpleNamespace(perf_counter=lambda: next(times)))
    watch = clock.Clock()
    watch.lap("read")
    watch.lap("network")
    assert watch.laps == {"read": 2.5, "network": 0.5}
    assert list(watch.laps) == ["read", "network"]
