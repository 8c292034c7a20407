"""One scan of a batch as a task that any process can do, on this machine or another, and what comes of it as data."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from pleura.batch.engine import BatchOptions, SegmenterOptions, SegmentScan, load_segmenter
from pleura.batch.overwrite import identities
from pleura.batch.plan import Job
from pleura.batch.remote import fetched, is_address
from pleura.batch.results import Outcome, error_data
from pleura.batch.table import row
from pleura.conventions import MaskFormat
from pleura.errors import PleuraError
from pleura.files import make_folder

ATTEMPTS = 2
"""How often a scan is begun whose process is lost: once more and alone, for that need not be the fault of the scan."""
_STEM = "lungs"
"""What results are called, each in the folder of its scan."""
_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True)
class BatchFolders:
    """Where the scans and the results are, as every process that takes part sees them."""

    scans: Path
    results: Path


@dataclass(frozen=True, kw_only=True)
class ScanTask:
    """What is to be done with one scan.

    Attributes
    ----------
    number : in the queue
    name : of the folder of its results
    source : path below the folder of the scans, or an address
    """

    number: int
    name: str
    source: str
    series: str | None = None
    formats: tuple[MaskFormat, ...] = ()
    folders: BatchFolders
    segmenter: SegmenterOptions
    options: BatchOptions

    def result(self) -> ScanResult:
        """Segment the scan, and return what came of it; whatever goes wrong is a result too."""
        if not is_address(self.source):
            return self._result(self._segmented(self.folders.scans / self.source))
        try:
            with fetched(self.source) as source:
                return self._result(self._segmented(source), str(source))
        except (PleuraError, OSError) as error:
            return self._failed(error)

    def _segmented(self, source: Path) -> Outcome:
        """Segment a scan that lies where `source` says; an error leaves no folder."""
        stem = self.folders.results / self.name / _STEM
        job = Job(source, self.source, stem=stem, series=self.series, formats=self.formats)
        try:
            make_folder(stem.parent)
            outcome = SegmentScan(self.segmenter, self.options, identities([source]))((self.number, job))
        except Exception as error:
            outcome = Outcome(self.number, job, error=error)
        if outcome.error is not None:
            with suppress(OSError):  # it holds an earlier result
                stem.parent.rmdir()
        return outcome

    def lost(self, error: Exception) -> ScanResult:
        """Return the result of a scan whose process was lost."""
        return replace(self._failed(error), attempt_alone=True)

    def _failed(self, error: Exception) -> ScanResult:
        """Return the result of a scan that was not begun."""
        return self._result(Outcome(self.number, Job(Path(self.source), self.source, series=self.series), error=error))

    def _result(self, outcome: Outcome, fetched_to: str = "") -> ScanResult:
        """Return an outcome as data, its paths below the folders of the batch, or those of the address of the scan."""
        found = {column: text for column, text in row(outcome).items() if text}
        if outcome.mask is not None and outcome.error is None:
            found["mask"] = outcome.mask.relative_to(self.folders.results).as_posix()
        if outcome.error is None:
            return ScanResult(self.number, found, warned=bool(outcome.warnings))
        found["message"] = found["message"].replace(f"{self.folders.results}/", "")
        if fetched_to:
            found["message"] = found["message"].replace(fetched_to, self.source)
        elif not is_address(self.source):
            scans = self.folders.scans
            found["message"] = found["message"].replace(f"{scans}/", "").replace(f"{scans}:", f"{self.source}:")
        code = str(error_data(outcome.error)["error"])
        return ScanResult(
            self.number,
            found,
            error=code,
            disk_full=is_disk_full(outcome.error),
            attempt_alone=any(isinstance(cause, MemoryError) for cause in _causes(outcome.error)),
        )


@dataclass(frozen=True)
class ScanResult:
    """What came of one scan.

    Attributes
    ----------
    row : of the table, without what is empty
    error : its code, or nothing
    disk_full : True where it could not be written for want of space
    attempt_alone : True where its process was lost or had too little memory, which need not be the fault of the scan
    """

    number: int
    row: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    warned: bool = False
    disk_full: bool = False
    attempt_alone: bool = False


def is_disk_full(error: BaseException) -> bool:
    """Say whether an error came of a disk that takes no more."""
    return any(isinstance(cause, OSError) and cause.errno in _FULL for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it came of."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def check_segmenter(options: SegmenterOptions) -> None:
    """Raise what stands in the way of making a segmenter: no such model, backend or device."""
    load_segmenter(options)
