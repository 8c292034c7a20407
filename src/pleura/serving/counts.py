"""What a node has done, counted by name; each association has a thread of its own, and all count at once."""

from __future__ import annotations

from threading import Lock

COUNTED = {
    "associations_rejected": "Calls of those who are not let in",
    "objects_received": "Objects that were filed",
    "objects_refused": "Objects that were not filed",
    "series_fetched": "Series that were fetched from an archive",
    "fetches_failed": "Tries in vain to ask an archive, or to fetch a series",
    "series_segmented": "Series that were segmented",
    "series_ignored": "Series that no rule wants, or that pleura made, removed",
    "series_failed": "Series kept among what failed",
    "results_sent": "Results taken by a peer as a whole, however many objects each has; one for each peer",
    "sends_failed": "Tries in vain to send a result",
}
"""What is counted, and in words what that is."""


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
