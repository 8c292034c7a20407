"""Of a batch that is divided, the parts that no machine has begun."""

from __future__ import annotations

from pathlib import Path

from pleura.batch.parts import parts_not_begun


def test_parts_without_a_queue_are_not_begun() -> None:
    assert parts_not_begun(Path()) == {}
    for name in ("batch-1-of-2.sqlite", "batch-1-of-2.sqlite-wal", "batch-1-of-1.sqlite"):
        Path(name).touch()
    assert parts_not_begun(Path()) == {2: [2]}
    Path("batch-2-of-2.sqlite").touch()
    assert parts_not_begun(Path()) == {}
