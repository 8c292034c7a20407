"""A DICOM node: series received or fetched, complete after a quiet time, segmented by rules, and results out."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

from pleura.batch.engine import BatchOptions, SegmenterOptions
from pleura.batch.scan_task import ATTEMPTS, BatchFolders, ScanResult, ScanTask, check_segmenter, is_disk_full
from pleura.batch.worker_pool import Limits, WorkerPool
from pleura.errors import PleuraError, message_of
from pleura.reading.dicom.header import Header
from pleura.serving.completeness import Completeness
from pleura.serving.config import NodeConfig, Rule
from pleura.serving.counts import Counts
from pleura.serving.dicomweb import check_peers
from pleura.serving.fetcher import Fetcher
from pleura.serving.known_series import KnownSeries
from pleura.serving.log import LOG, quiet_libraries
from pleura.serving.qido import series_key
from pleura.serving.receiver import Receiver
from pleura.serving.rules import mismatches, rule_for, why_unwanted
from pleura.serving.sender import Sender
from pleura.serving.storage import NodeStorage, series_header
from pleura.writing import is_pleura_output

_POLL_SECONDS = 0.5
"""Seconds after which the folder of what has come is listed again."""
_RETRY_SECONDS = 60.0
"""Seconds before what the system refused is tried again: a full disk or a lost mount is mended by somebody."""
_LAST_OBJECT_SECONDS = 5.0
"""Seconds in which an object that is being sent has been taken; one that has not is sent again later."""
_ADVICE = {
    "time-limit": "give it more with time_limit of the configuration",
    "memory-limit": "give it more with memory_limit_mb of the configuration",
}


class Node:
    """What runs until it is stopped.

    Raises
    ------
    PleuraError : what `check_peers`, `NodeStorage`, `KnownSeries` and `Receiver` raise
    """

    def __init__(self, config: NodeConfig) -> None:
        check_peers(config)
        self.config = config
        self.counts = Counts()
        self.storage = NodeStorage(Path(config.folder))
        self._completeness = Completeness(config, self.storage)
        self._sender = Sender(config, self.storage, self.counts)
        self._attempts: Counter[str] = Counter()
        self._next: dict[str, float] = {}
        self._begins = 0.0
        self._began_last: float | None = None
        self._sending: Thread | None = None
        self._fetching: dict[Thread, Fetcher] = {}
        self._known: KnownSeries | None = None
        self._receiver: Receiver | None = None
        self._pool = WorkerPool(1, Limits(config.time_limit, config.memory_limit_mb << 20))
        try:
            if config.queries:
                self._known = KnownSeries(Path(config.folder), self.storage)
            if config.calling_titles:
                self._receiver = Receiver(config, self.storage, self.counts)
        except BaseException:
            self.close()
            raise
        self._pool.submit(check_segmenter, SegmenterOptions())  # the model is there when the first series is

    def close(self) -> None:
        """Stop receiving and segmenting; what has come and what waits stays on the disk."""
        if self._receiver:
            self._receiver.close()
        self._pool.shutdown(cancel_futures=True)
        if self._known:
            self._known.close()
        self.storage.close()

    def problems(self) -> list[str]:
        """Return what keeps the node from its work, without personal data; nothing where it does it."""
        now = time.monotonic()
        longest = self.config.time_limit + _RETRY_SECONDS
        checks = {
            "series are not segmented: the loop has ended": self._began_last is None,
            "series are not segmented: the loop hangs": now - (self._began_last or now) > longest,
            "results are not sent: the thread has ended": self._sending is None or not self._sending.is_alive(),
            "no series is begun for a while: see the log": now < self._begins,
        }
        for thread, fetcher in self._fetching.items():
            checks[f"{fetcher.peer} is not asked: the thread has ended"] = not thread.is_alive()
            checks[f"{fetcher.peer} is not asked: it does not end an answer"] = fetcher.hangs()
        return [text for text, holds in checks.items() if holds] + self._problems_of_disk()

    @property
    def to_fetch(self) -> int:
        """How many series of archives are to be fetched."""
        return sum(fetcher.to_fetch for fetcher in self._fetching.values())

    def _problems_of_disk(self) -> list[str]:
        try:
            full = self.storage.free_bytes() < self.config.min_free_mb << 20
        except OSError:
            return ["the folder of the node cannot be reached"]
        return ["nothing is received: the disk is full"] if full else []

    def run(self, stopped: Event) -> None:
        """Segment until an event is set; send and fetch meanwhile: a peer that does not answer holds up nothing."""
        sent_enough = Event()
        self._sending = Thread(target=self._sender.run, args=(sent_enough,), daemon=True)
        self._fetching = self._fetchers(sent_enough)
        for thread in (self._sending, *self._fetching):
            thread.start()
        try:
            while not stopped.is_set():
                self._began_last = time.monotonic()
                self._take_all()
                stopped.wait(_POLL_SECONDS)
        finally:
            self._began_last = None
            sent_enough.set()
            for thread in (self._sending, *self._fetching):
                thread.join(_LAST_OBJECT_SECONDS)

    def _fetchers(self, stopped: Event) -> dict[Thread, Fetcher]:
        """Return what asks each archive, by its thread."""
        if self._known is None:
            return {}
        shared = (self.storage, self._known, self.counts)
        fetchers = [Fetcher(self.config, query, *shared) for query in self.config.queries]
        return {Thread(target=fetcher.run, args=(stopped,), daemon=True): fetcher for fetcher in fetchers}

    def _take_all(self) -> None:
        """Take every series that is complete and due; what goes wrong with one, whatever it is, costs no other."""
        if time.monotonic() < self._begins:
            return
        try:
            self.storage.give_back()
            complete = self._completeness.complete()
        except Exception as error:  # of the disk, if not of pleura
            self._wait("the folder of the node", error)
            return
        for series in complete:
            self._began_last = time.monotonic()
            if self._began_last < max(self._begins, self._next.get(series.name, 0.0)):
                continue
            try:
                self._take(series)
            except Exception as error:
                self._postpone(series, error)

    def _postpone(self, series: Path, error: Exception) -> None:
        """Try a series again after a while; what is no fault of the system is in vain some time."""
        if is_disk_full(error):
            self._wait(series.name, error)
            return
        self._next[series.name] = time.monotonic() + _RETRY_SECONDS
        LOG.error("%s: %s; tried again in %.0f s", series.name, type(error).__name__, _RETRY_SECONDS)
        if not isinstance(error, OSError):
            self._attempts[series.name] += 1
        if self._attempts[series.name] >= ATTEMPTS:
            lies = self.storage.taken / series.name
            with suppress(OSError):
                self._fail(lies if lies.exists() else series, "unexpected", message_of(error))

    def _wait(self, what: str, error: Exception) -> None:
        """Begin no series for a while."""
        self._begins = time.monotonic() + _RETRY_SECONDS
        why = getattr(error, "strerror", None) or type(error).__name__
        LOG.error("%s: %s; no series is begun for %.0f s", what, why, _RETRY_SECONDS)

    def _take(self, series: Path) -> None:
        """Segment a series where a rule says so; what no rule wants is removed."""
        try:
            header, count = series_header(series)
        except IndexError:
            with suppress(OSError):  # an object has just come
                series.rmdir()
            return
        except PleuraError as error:
            self._fail(series, error.code, str(error))
            return
        if self._known:
            self._known.add(series_key(header.study_uid, header.series_uid), count)
        rule = rule_for(self.config.rules, header, count)
        wanted = self._completeness.wanted(series)
        if is_pleura_output(header.path):
            self._ignore(series, count, "pleura made them")
        elif rule is None and (wanted == count or not self._is_wanted_with_more(header)):
            why = why_unwanted(self.config.rules, header, count)
            self._ignore(series, count, f"no rule wants them ({why})")
        elif rule is not None and (wanted or 0) <= count:
            self._segment(series, rule, count)
        elif self._completeness.is_overdue(series):
            more = f"the archive has {wanted}" if (wanted or 0) > count else "the rules ask for more"
            self._fail(series, "incomplete", f"{count} objects came, and no more; {more}")

    def _ignore(self, series: Path, count: int, why: str) -> None:
        """Remove a series: the node is no archive."""
        self.counts.add("series_ignored")
        LOG.info("%s: %d objects, %s", series.name, count, why)
        self.storage.drop(series)

    def _is_wanted_with_more(self, header: Header) -> bool:
        return any(not mismatches(rule, header, rule.min_slices) for rule in self.config.rules)

    def _segment(self, series: Path, rule: Rule, count: int) -> None:
        """Segment a series and put the results on their way; one that grew meanwhile waits to be complete."""
        began = time.monotonic()
        series = self.storage.take(series)
        shutil.rmtree(self.storage.segmented / series.name, ignore_errors=True)
        try:
            result = self._pool.submit(_segmented, self._task(series, rule)).result()
        except PleuraError as error:
            self._attempts[series.name] += 1
            LOG.error("%s: %s", series.name, error.code)
            if self._attempts[series.name] >= ATTEMPTS:
                self._fail(series, error.code, "; ".join(filter(None, (str(error), _ADVICE.get(error.code)))))
            return
        if self.storage.came_again(series):
            LOG.info("%s: grew while it was segmented", series.name)
        elif result.disk_full:
            self._wait(series.name, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        elif result.error:
            self._fail(series, result.error, result.row.get("message", ""))
        else:
            objects = sorted((self.storage.segmented / series.name).rglob("*.dcm"))
            self.storage.send_later(series, objects, rule.send_to)
            self._attempts.pop(series.name, None)
            self._next.pop(series.name, None)
            self.counts.add("series_segmented")
            LOG.info("%s: %d objects, segmented in %.1f s", series.name, count, time.monotonic() - began)
        shutil.rmtree(self.storage.segmented / series.name, ignore_errors=True)

    def _task(self, series: Path, rule: Rule) -> ScanTask:
        return ScanTask(
            number=1,
            name=series.name,
            source=series.name,
            formats=rule.formats,
            folders=BatchFolders(self.storage.taken, self.storage.segmented),
            segmenter=SegmenterOptions(),
            options=BatchOptions(),
        )

    def _fail(self, series: Path, code: str, message: str) -> None:
        self.storage.fail(series, {"error": code, "message": message})
        self._attempts.pop(series.name, None)
        self._next.pop(series.name, None)
        self.counts.add("series_failed")
        LOG.error("%s: %s", series.name, code)


def _segmented(task: ScanTask) -> ScanResult:
    """Do a task, in a process whose libraries print nothing of what they read."""
    quiet_libraries()
    return task.result()
