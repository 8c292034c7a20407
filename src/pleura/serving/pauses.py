"""How long a peer, a result or a series is left alone after a try in vain: twice as long each time."""

from __future__ import annotations

import time
from collections import Counter

FIRST_SECONDS, LONGEST_SECONDS = 5.0, 600.0
"""Seconds after which it is tried again: doubled each time, for a peer that starts anew, or is down for the night."""
MOST_TRIES = 200
"""Before something is put among what failed: a day and more of pauses of ten minutes."""


class Pauses:
    """Which of several names are left alone, and until when."""

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()
        self._until: dict[str, float] = {}

    def is_over(self, name: str) -> bool:
        """Say whether a name may be tried."""
        return self._until.get(name, 0.0) <= time.monotonic()

    def begin(self, name: str) -> float:
        """Begin the next pause of a name, and return its seconds."""
        seconds = min(FIRST_SECONDS * 2.0 ** min(self._times[name], 20), LONGEST_SECONDS)
        self._times[name] += 1
        self._until[name] = time.monotonic() + seconds
        return seconds

    def forget(self, name: str) -> None:
        """Let a name be tried at once, and its next pause be the first one again."""
        self._times.pop(name, None)
        self._until.pop(name, None)
