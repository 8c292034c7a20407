"""When all objects of a series have come, of which DICOM has no sign: by the archive's count, or a quiet time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from pleura.errors import PleuraError
from pleura.serving.c_find import count_instances
from pleura.serving.config import NodeConfig, Peer
from pleura.serving.log import LOG
from pleura.serving.not_sent import NotSent
from pleura.serving.storage import NodeStorage, series_header

_STILL = 3.0
"""Seconds without another object before the archive is asked: it may receive the series itself, and count on."""
_AGAIN = 10.0
"""Seconds after which it is asked again of a series that lacks objects."""
_REFUSED = 60.0
"""Seconds in which an archive that did not answer is not asked: it may hold up the loop for a sixth of that."""


@dataclass(frozen=True)
class _Answer:
    """How many objects the archive had, when so many had come; and until when it is not asked again."""

    wanted: int | None
    came: int
    until: float


class Completeness:
    """Judges the series that come to a node."""

    def __init__(self, config: NodeConfig, storage: NodeStorage) -> None:
        self._config, self._storage = config, storage
        self._archive: Peer | None = config.peers.get(config.archive)
        self._answers: dict[str, _Answer] = {}
        self._asks_from = 0.0

    def complete(self) -> list[Path]:
        """Return the folders of the series that wait for no more objects, or have waited long enough."""
        quiet = self._storage.quiet_series(self._config.quiet_seconds)
        if self._archive is None:
            return quiet
        still = self._storage.quiet_series(min(_STILL, self._config.quiet_seconds))
        names = {series.name for series in still}
        self._answers = {name: answer for name, answer in self._answers.items() if name in names}
        return [series for series in still if self._is_complete(series, series in quiet)]

    def wanted(self, series: Path) -> int | None:
        """Return how many objects the archive has of a series, as it said last; None where it did not say."""
        answer = self._answers.get(series.name)
        return answer.wanted if answer else None

    def is_overdue(self, series: Path) -> bool:
        """Say whether the time is over in which a series that lacks objects waits for them."""
        return series in self._storage.quiet_series(self._config.incomplete_seconds)

    def _is_complete(self, series: Path, quiet: bool) -> bool:
        came = sum(1 for _ in series.glob("*.dcm"))
        self._ask(series, came)
        wanted = self.wanted(series)
        if wanted is None or wanted < came:  # it does not know the series, or not all of it yet
            return quiet
        return wanted == came or self.is_overdue(series)

    def _ask(self, series: Path, came: int) -> None:
        """Ask the archive of a series, unless it was asked just now."""
        now, answer = time.monotonic(), self._answers.get(series.name)
        if now < self._asks_from:
            return
        if answer is not None and answer.came == came and now < answer.until:
            return
        self._answers[series.name] = _Answer(self._asked(series), came, time.monotonic() + _AGAIN)

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
            self._asks_from = time.monotonic() + _REFUSED
            why = str(error) if isinstance(error, NotSent) else type(error).__name__
            LOG.warning("the archive did not say what it has of %s (%s)", series.name, why)
            return self.wanted(series)
