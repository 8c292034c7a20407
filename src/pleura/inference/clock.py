"""How long each stage of the pipeline took."""

from __future__ import annotations

import time


class Clock:
    """Seconds by stage, in `laps`, in the order in which the stages ended."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage; the next one begins."""
        now = time.perf_counter()
        self.laps[stage] = self.laps.get(stage, 0.0) + now - self._last
        self._last = now
