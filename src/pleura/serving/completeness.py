"""When all objects of a series have come, of which DICOM has no sign: by the archive's count, or a quiet time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from pleura.errors import PleuraError
from pleura.serving.c_find import count_instances
from pleura.serving.config import NodeConfig, Peer
from pleura.serving.log import LOG
from pleura.serving.peer_errors import PeerError
from pleura.serving.storage import NodeStorage, series_header

_STILL_SECONDS = 3.0
"""Seconds without another object before the archive is asked: it may receive the series itself, and count on."""
_AGAIN_SECONDS = 10.0
"""Seconds after which it is asked again of a series that lacks objects."""
_UNANSWERED_SECONDS = 60.0
"""Seconds in which an archive that did not answer is not asked: one question may hold up the loop for 45."""
_ASKING_SECONDS = 10.0
"""Seconds after which no further question is begun in one pass: a series that is complete waits for them all."""


@dataclass(frozen=True)
class _ArchiveCount:
    """How many objects the archive had, when so many had come; and until when it is not asked again."""

    wanted: int | None
    came: int
    until: float


class Completeness:
    """Judges the series that come to a node."""

    def __init__(self, config: NodeConfig, storage: NodeStorage) -> None:
        self._config, self._storage = config, storage
        self._archive: Peer | None = config.peers.get(config.archive)
        self._archive_counts: dict[str, _ArchiveCount] = {}
        self._asks_from = 0.0

    def complete(self) -> list[Path]:
        """Return the folders of the series that wait for no more objects, or have waited long enough."""
        if self._archive is None:
            return self._storage.quiet_series(self._config.quiet_seconds)
        still = self._storage.quiet_series(min(_STILL_SECONDS, self._config.quiet_seconds))
        names = {series.name for series in still}
        self._archive_counts = {name: one for name, one in self._archive_counts.items() if name in names}
        self._ask_of(still)
        return [series for series in still if self._is_complete(series)]

    def wanted(self, series: Path) -> int | None:
        """Return how many objects the archive has of a series, as it said last; None where it did not say."""
        said = self._archive_counts.get(series.name)
        return said.wanted if said else None

    def is_overdue(self, series: Path) -> bool:
        """Say whether the time is over in which a series that lacks objects waits for them."""
        return self._storage.is_quiet(series, self._config.incomplete_seconds)

    def _is_complete(self, series: Path) -> bool:
        if series.name not in self._archive_counts and self._may_ask():
            return False  # its turn comes in one of the next passes
        came, wanted = _count(series), self.wanted(series)
        if wanted is None or wanted < came:  # it does not know the series, or not all of it yet
            return self._storage.is_quiet(series, self._config.quiet_seconds)
        return wanted == came or self.is_overdue(series)

    def _may_ask(self) -> bool:
        return time.monotonic() >= self._asks_from

    def _ask_of(self, still: list[Path]) -> None:
        """Ask the archive of series, first those of which it was asked longest ago or never, as time allows."""
        until = time.monotonic() + _ASKING_SECONDS
        for series in sorted(still, key=self._asked_until):
            if self._may_ask() and time.monotonic() < until:
                self._ask(series)

    def _asked_until(self, series: Path) -> float:
        said = self._archive_counts.get(series.name)
        return said.until if said else 0.0

    def _ask(self, series: Path) -> None:
        """Ask the archive of a series, unless it was asked just now."""
        came, said = _count(series), self._archive_counts.get(series.name)
        if said is None or said.came != came or time.monotonic() >= said.until:
            wanted = self._asked(series)
            self._archive_counts[series.name] = _ArchiveCount(wanted, came, time.monotonic() + _AGAIN_SECONDS)

    def _asked(self, series: Path) -> int | None:
        """Return what the archive says now, or else what it said last."""
        assert self._archive is not None
        try:
            header, _ = series_header(series)
        except (IndexError, OSError, PleuraError):  # whoever takes the series says it
            return None
        try:
            return count_instances(self._archive, self._config.ae_title, header.study_uid, header.series_uid)
        except Exception as error:
            self._asks_from = time.monotonic() + _UNANSWERED_SECONDS
            why = str(error) if isinstance(error, PeerError) else type(error).__name__
            LOG.warning("the archive did not say what it has of %s (%s)", series.name, why)
            return self.wanted(series)


def _count(series: Path) -> int:
    return sum(1 for _ in series.glob("*.dcm"))
