"""What a node has done, counted by name; each association has a thread of its own, and all count at once."""

from __future__ import annotations

from threading import Lock

COUNTED = (
    "associations_rejected",
    "objects_received",
    "objects_refused",
    "series_segmented",
    "series_ignored",
    "series_failed",
    "results_sent",
    "sends_failed",
)


class Counts:
    """Numbers from 0 on, of the names in `COUNTED`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._numbers = dict.fromkeys(COUNTED, 0)

    def __getitem__(self, name: str) -> int:
        return self._numbers[name]

    def add(self, name: str) -> None:
        """Count one more."""
        with self._lock:
            self._numbers[name] += 1
