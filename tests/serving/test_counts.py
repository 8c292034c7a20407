"""A node counts what many associations do at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from pleura.serving.counts import COUNTED, Counts


class SlowlyRead(dict[str, int]):
    def __getitem__(self, name: str) -> int:
        number = super().__getitem__(name)
        time.sleep(0.001)  # in which other threads count
        return number


def test_no_thread_loses_what_another_counts() -> None:
    counts = Counts()
    counts._numbers = SlowlyRead(counts._numbers)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(counts.add, ["objects_received"] * 80))
    assert counts["objects_received"] == 80


def test_what_was_never_counted_is_none() -> None:
    assert {Counts()[name] for name in COUNTED} == {0}
