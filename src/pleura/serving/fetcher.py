"""The side of a node that asks: an archive by QIDO-RS for series that a rule wants, each fetched by WADO-RS as a whole.

A series is fetched when the archive has listed as many objects of it for the quiet time, and counts when as many have
come. It is fetched again only where the archive has more of it than the node has had.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from pleura.errors import UnwritableOutput
from pleura.files import make_folder
from pleura.serving import pauses
from pleura.serving.config import NodeConfig, Query
from pleura.serving.counts import Counts
from pleura.serving.dicomweb import ResponseMonitor, web_client
from pleura.serving.known_series import KnownSeries
from pleura.serving.log import LOG
from pleura.serving.pauses import Pauses
from pleura.serving.peer_errors import NotReached, PeerError, TooLarge
from pleura.serving.qido import SEARCH_BYTES, FoundSeries, count_instances, search_series
from pleura.serving.rules import may_want, modalities
from pleura.serving.storage import NodeStorage
from pleura.serving.wado import fetch_series

if TYPE_CHECKING:
    from dicomweb_client import DICOMwebClient

_MOST_WAITING = 10
"""Series that were fetched and wait to be segmented, above which no other is fetched: the archive keeps them, too."""
_POLL_SECONDS = 1.0
"""Seconds after which it is seen again how many wait."""
_SPARE_BYTES = 2 << 20
"""Beside an object: the heads of the parts of an answer, and what comes of the next one in the same chunk."""
_HANGING_SECONDS = 1800.0
"""Seconds without an object or a page of an answer: one of a gigabyte takes as long at 5 Mbit/s."""


@dataclass(frozen=True)
class _Listed:
    """How many objects an archive has of a series, and since when it says so."""

    objects: int
    since: float


class Fetcher:
    """Asks one archive, and fetches from it.

    Attributes
    ----------
    peer : its name
    """

    def __init__(
        self, config: NodeConfig, query: Query, storage: NodeStorage, known: KnownSeries, counts: Counts
    ) -> None:
        self.peer = query.peer
        self._config, self._query, self._storage, self._known, self._counts = config, query, storage, known, counts
        self._listed: dict[str, _Listed] = {}
        self._pauses = Pauses()
        self._tries: Counter[str] = Counter()
        self._asked: float | None = None
        self._brought: set[str] = set()
        self._said: tuple[int, ...] = ()

    def run(self, stopped: Event) -> None:
        """Ask and fetch, until an event is set."""
        while not stopped.is_set():
            try:
                self.fetch_new(stopped)
                seconds = self._seconds()
                self._pauses.forget(self.peer)
            except Exception as error:  # none ends the asking
                seconds = self._pauses.begin(self.peer)
                self._counts.add("fetches_failed")
                LOG.warning("%s: %s, asked again in %.0f s", self.peer, _why(error), seconds)
            self._asked = None
            stopped.wait(seconds)

    @property
    def to_fetch(self) -> int:
        """How many series the archive lists that are to be fetched, those that fail among them."""
        return len(self._listed)

    def hangs(self) -> bool:
        """Say whether nothing has come for long of what the archive was asked for."""
        asked = self._asked
        return asked is not None and time.monotonic() - asked > _HANGING_SECONDS

    def fetch_new(self, stopped: Event) -> None:
        """Ask once, and fetch what is due; first what was fetched before, and held up, goes on.

        Raises
        ------
        PeerError : the archive does not list what it has, or is not reached any more
        OSError : the disk of the node does not do its work
        """
        self._known.go_on()
        for series in self._due():
            if self._may_fetch(stopped):
                self._try(series, stopped)

    def _seconds(self) -> float:
        """Return how long to wait until the archive is asked again: not long where a series is new, or grows."""
        new = any(one.since > self._still_since() for one in self._listed.values())
        return max(_POLL_SECONDS, min(self._query.seconds, self._config.quiet_seconds)) if new else self._query.seconds

    def _still_since(self) -> float:
        """Return the time before which a series has to have been listed as it is."""
        return time.monotonic() - self._config.quiet_seconds

    def _due(self) -> list[FoundSeries]:
        """Return what the archive lists that a rule may want, that is not known, and that has not grown lately."""
        listed: dict[str, _Listed] = {}
        found: dict[str, FoundSeries] = {}
        count = 0
        monitor = ResponseMonitor(SEARCH_BYTES)
        with web_client(self._config.peers[self.peer], monitor) as client:
            for count, series in enumerate(self._search(client, monitor), start=1):  # noqa: B007 - used after the last
                objects = self._objects(client, monitor, series)
                if objects > self._known.objects(series.key) and may_want(self._config.rules, series, objects):
                    before = self._listed.get(series.key)
                    same = before is not None and before.objects == objects
                    listed[series.key] = before if before and same else _Listed(objects, time.monotonic())
                    found[series.key] = series
        self._listed = {key: one for key, one in listed.items() if not (self._storage.failed / key).exists()}
        self._say(count, len(self._listed))
        still = [key for key, one in self._listed.items() if one.since <= self._still_since()]
        return [found[key] for key in still if self._pauses.is_over(key)]

    def _say(self, *counts: int) -> None:
        """Log how many series the archive lists, and how many of them are to be fetched, where that has changed."""
        if counts != self._said:
            self._said = counts
            LOG.info("%s: %d series of these modalities and days, of which %d are to be fetched", self.peer, *counts)

    def _search(self, client: DICOMwebClient, monitor: ResponseMonitor) -> Iterator[FoundSeries]:
        """Yield what the archive lists, for each modality that rules ask for."""
        days, rules = self._query.days, self._config.rules
        from_date = (date.today() - timedelta(days)).strftime("%Y%m%d") if days else ""
        body_part = any(rule.body_part for rule in rules)
        for modality in modalities(rules):
            self._asked = time.monotonic()
            for series in search_series(client, monitor, modality, from_date, body_part=body_part):
                self._asked = time.monotonic()
                if series.modality in {"", modality}:  # some archives look at no filter
                    yield series

    def _objects(self, client: DICOMwebClient, monitor: ResponseMonitor, series: FoundSeries) -> int:
        """Return how many objects the archive has of a series; where it does not say, it has to list them once."""
        if series.instances is not None:
            return series.instances
        if self._known.objects(series.key) or not may_want(self._config.rules, series, 1 << 31):
            return 0
        return count_instances(client, monitor, series)

    def _may_fetch(self, stopped: Event) -> bool:
        """Wait until few of the series that were fetched wait; say whether there is still something to do."""
        self._asked = None
        while self._waiting() >= _MOST_WAITING:
            if stopped.wait(_POLL_SECONDS):
                break
        return not stopped.is_set()

    def _waiting(self) -> int:
        """Return how many series that were fetched are not segmented yet."""
        folders = (self._storage.incoming, self._storage.taken)
        self._brought = {name for name in self._brought if any((folder / name).exists() for folder in folders)}
        return len(self._brought)

    def _try(self, series: FoundSeries, stopped: Event) -> None:
        """Fetch a series; what is wrong with it costs no other, and what cannot be had is named among what failed."""
        began = time.monotonic()
        try:
            name = self._fetch(series, stopped)
            if name:
                self._brought.add(name)
                self._listed.pop(series.key, None)
                self._counts.add("series_fetched")
                LOG.info("%s: %s fetched in %.1f s, as %s", self.peer, series.key, time.monotonic() - began, name)
                self._forget(series.key)
        except (NotReached, OSError, UnwritableOutput):  # of the archive, or of the disk of the node
            raise
        except Exception as error:
            why = _why(error)
            self._counts.add("fetches_failed")
            self._tries[series.key] += 1
            if isinstance(error, TooLarge) or self._tries[series.key] >= pauses.MOST_TRIES:
                self._fail(series, why)
            else:
                seconds = self._pauses.begin(series.key)
                LOG.warning("%s: %s not fetched (%s), again in %.0f s", self.peer, series.key, why, seconds)

    def _fetch(self, series: FoundSeries, stopped: Event) -> str:
        """Fetch a series, and return the name under which it came; none where it did not come by this."""
        folder = self._storage.receiving / f"fetched-{self.peer}-{series.key}"
        wanted = self._listed[series.key].objects
        if self._known.objects(series.key) >= wanted:
            return ""  # it came otherwise meanwhile
        monitor = ResponseMonitor((self._config.max_object_mb << 20) + _SPARE_BYTES)
        files: set[Path] = set()
        try:
            make_folder(folder)
            self._refuse_full_disk()
            self._asked = time.monotonic()
            with web_client(self._config.peers[self.peer], monitor) as client:
                for file in fetch_series(client, monitor, series, folder):
                    self._asked = time.monotonic()
                    self._refuse_full_disk()
                    files.add(file)
                    if stopped.is_set():
                        return ""
                    if len(files) > wanted:
                        break
            if len(files) != wanted:
                came = f"more than {wanted}" if len(files) > wanted else f"{len(files)} of {wanted}"
                raise PeerError(f"{came} objects came")
            return self._known.take(folder, series.key)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _refuse_full_disk(self) -> None:
        if self._storage.free_bytes() < self._config.min_free_mb << 20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _fail(self, series: FoundSeries, why: str) -> None:
        """Name a series that cannot be fetched among what failed, without objects; it is tried again without that."""
        folder = self._storage.receiving / f"failed-{self.peer}-{series.key}"
        make_folder(folder)
        reason: dict[str, str | int] = {"error": "not-fetched", "message": why, "tries": self._tries[series.key]}
        self._storage.fail(folder, reason, series.key)
        LOG.error("%s: %s not fetched (%s), named among what failed", self.peer, series.key, why)
        self._counts.add("series_failed")
        self._forget(series.key)

    def _forget(self, key: str) -> None:
        self._pauses.forget(key)
        self._tries.pop(key, None)


def _why(error: Exception) -> str:
    """Return what an error says that may be logged."""
    if isinstance(error, PeerError):
        return str(error)
    return getattr(error, "strerror", None) or getattr(error, "code", None) or type(error).__name__
