"""A DICOM node: series in by C-STORE, complete after a quiet time, segmented where a rule says so, and results out."""

from __future__ import annotations

import logging
import shutil
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event

from pleura.batch.engine import BatchOptions, SegmenterOptions
from pleura.batch.scan_task import BatchFolders, ScanTask, check_segmenter, segment_scan
from pleura.batch.worker_pool import Limits, WorkerPool
from pleura.errors import PleuraError
from pleura.reading.dicom.header import Header
from pleura.serving.config import NodeConfig, Rule
from pleura.serving.receiver import Receiver
from pleura.serving.sender import Sender
from pleura.serving.storage import NodeStorage, series_header

_PAUSE = 0.5
"""Seconds between two looks at what has come and what waits."""
_TRIES = 2
"""How often a series is begun whose process is lost."""

_log = logging.getLogger("pleura.node")


class Node:
    """What runs until it is stopped.

    Raises
    ------
    PleuraError : what `Receiver` raises
    """

    def __init__(self, config: NodeConfig) -> None:
        self.config = config
        self.counts: Counter[str] = Counter()
        self.storage = NodeStorage(Path(config.folder))
        self._sender = Sender(config, self.storage, self.counts)
        self._tries: Counter[str] = Counter()
        self._pool = WorkerPool(1, Limits(config.time_limit, config.memory_limit_mb << 20))
        try:
            self._receiver = Receiver(config, self.storage, self.counts)
        except BaseException:
            self._pool.shutdown(cancel_futures=True)
            raise
        self._pool.submit(check_segmenter, SegmenterOptions())  # the model is there when the first series is

    def close(self) -> None:
        """Stop receiving and segmenting; what has come and what waits stays on the disk."""
        self._receiver.close()
        self._pool.shutdown(cancel_futures=True)

    def run(self, stopped: Event, tick: Callable[[], None] = lambda: None) -> None:
        """Segment and send until an event is set."""
        while not stopped.is_set():
            self.storage.give_back()
            for series in self.storage.quiet_series(self.config.quiet_seconds):
                self._take(series)
            self._sender.send_waiting()
            tick()
            stopped.wait(_PAUSE)

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
        rule = next((rule for rule in self.config.rules if matches(rule, header, count)), None)
        if rule is None and any(matches(rule, header, rule.min_slices) for rule in self.config.rules):
            if series in self.storage.quiet_series(self.config.incomplete_seconds):
                self._fail(series, "incomplete", f"{count} objects came, and no more; the rules ask for more")
        elif rule is None:
            self.counts["series_ignored"] += 1
            _log.info("%s: %d objects, no rule wants them", series.name, count)
            self.storage.drop(series)
        else:
            self._segment(series, rule, count)

    def _segment(self, series: Path, rule: Rule, count: int) -> None:
        """Segment a series and put the results on their way; one that grew meanwhile waits to be complete."""
        began = time.monotonic()
        series = self.storage.take(series)
        folders = BatchFolders(self.storage.taken, self.storage.segmented)
        task = ScanTask(1, series.name, series.name, None, rule.formats, folders, SegmenterOptions(), BatchOptions())
        shutil.rmtree(self.storage.segmented / series.name, ignore_errors=True)
        try:
            result = self._pool.submit(segment_scan, task).result()
        except PleuraError as error:
            self._tries[series.name] += 1
            _log.error("%s: %s", series.name, error.code)
            if self._tries[series.name] >= _TRIES:
                self._fail(series, error.code, str(error))
            return
        if self.storage.came_again(series):
            _log.info("%s: grew while it was segmented", series.name)
        elif result.disk_full:
            _log.error("%s: the disk is full", series.name)
        elif result.error:
            self._fail(series, result.error, result.row.get("message", ""))
        else:
            objects = sorted((self.storage.segmented / series.name).rglob("*.dcm"))
            self.storage.send_later(series, objects, rule.send_to)
            self.counts["series_segmented"] += 1
            _log.info("%s: %d objects, segmented in %.1f s", series.name, count, time.monotonic() - began)
        shutil.rmtree(self.storage.segmented / series.name, ignore_errors=True)

    def _fail(self, series: Path, code: str, message: str) -> None:
        self._tries.pop(series.name, None)
        self.counts["series_failed"] += 1
        _log.error("%s: %s", series.name, code)
        self.storage.fail(series, {"error": code, "message": message})


def matches(rule: Rule, header: Header, count: int) -> bool:
    """Say whether a rule wants a series of so many objects."""
    return (
        rule.modality.upper() in {"", header.modality}
        and rule.body_part.upper() in {"", header.body_part}
        and rule.description.casefold() in header.description.casefold()
        and count >= rule.min_slices
    )
