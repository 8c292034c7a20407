"""How far a batch is, in one file or in those of all its shards."""

from __future__ import annotations

from dataclasses import replace

from pleura.batch.progress import BatchProgress


def test_two_shards_end_when_the_later_one_does() -> None:
    one = BatchProgress({"done": 3, "waiting": 1}, {}, {"localizer": 1}, 1, 60.0)
    other = BatchProgress({"done": 1, "failed": 1, "waiting": 2}, {"damaged": 1}, {"localizer": 2}, 0, 90.0)
    both = one.together(other)
    assert (both.scans, both.finished, both.warned, both.seconds_left) == (8, 5, 1, 90.0)
    assert (both.errors, both.reasons) == ({"damaged": 1}, {"localizer": 3})
    assert one.together(replace(other, seconds_left=None)).seconds_left is None
    assert one.together(BatchProgress({"done": 1}, {}, {}, 0, None)).seconds_left == 60.0
