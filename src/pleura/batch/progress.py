"""How far a batch is: how many scans are in which state, which errors there were, and for how long it goes on."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

_LATELY = 100
"""Scans from which the time that is left is estimated: enough that one slow scan does not matter."""


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch is.

    Attributes
    ----------
    states : how many rows are in each state
    errors : how many scans ended with each code
    reasons : how many series are skipped for each
    warned : masks that have a warning
    seconds_left : at the pace of the last scans of this run, by their bytes; None where too few are done
    """

    states: Mapping[str, int]
    errors: Mapping[str, int]
    reasons: Mapping[str, int]
    warned: int
    seconds_left: float | None

    @property
    def scans(self) -> int:
        """How many scans are to be segmented in all."""
        return sum(count for state, count in self.states.items() if state != "skipped")

    @property
    def finished(self) -> int:
        """How many have come to an end, with a mask or an error."""
        return self.states.get("done", 0) + self.states.get("failed", 0)

    def interrupted(self) -> BatchProgress:
        """Return the same where nobody is at it: what is running waits, and goes on nobody knows when."""
        states = Counter(self.states)
        states["waiting"] += states.pop("running", 0)
        return replace(self, states=+states, seconds_left=None)

    def together(self, other: BatchProgress) -> BatchProgress:
        """Return both as one, as of two shards side by side, which end when the later one does."""
        left = [one.seconds_left for one in (self, other) if one.finished < one.scans]
        known = [seconds for seconds in left if seconds is not None]
        return BatchProgress(
            Counter(self.states) + Counter(other.states),
            Counter(self.errors) + Counter(other.errors),
            Counter(self.reasons) + Counter(other.reasons),
            self.warned + other.warned,
            max(known) if known and len(known) == len(left) else None,
        )


def progress_of(connection: sqlite3.Connection) -> BatchProgress:
    """Return how far the batch is whose queue a connection leads to."""

    def counts(of: str, where: str) -> dict[str, int]:
        return dict(connection.execute(f"SELECT {of}, count(*) FROM scan WHERE {where} GROUP BY {of}").fetchall())

    return BatchProgress(
        counts("state", "1"),
        counts("error", "state = 'failed'"),
        counts("reason", "state = 'skipped'"),
        sum(counts("state", "state = 'done' AND warned").values()),
        _seconds_left(connection),
    )


def _seconds_left(connection: sqlite3.Connection) -> float | None:
    """Return for how long it goes on: the bytes that wait, at the pace of the scans that this run finished last."""
    began = connection.execute("SELECT value FROM setting WHERE key = 'began'").fetchone()
    lately = connection.execute(
        "SELECT finished, bytes FROM scan WHERE finished >= ? ORDER BY finished DESC LIMIT ?",
        (float(began[0]) if began else 0.0, _LATELY),
    ).fetchall()
    (waiting,) = connection.execute("SELECT total(bytes) FROM scan WHERE state IN ('waiting', 'running')").fetchone()
    if len(lately) < 3:
        return None
    done = sum(one["bytes"] for one in lately[:-1])  # the first one only says when the others began
    return float(waiting) / done * (lately[0]["finished"] - lately[-1]["finished"]) if done else None
