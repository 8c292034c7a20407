"""Segment many scans and write their results; a scan that fails does not stop the others.

Many small scans, such as pictures, go at a time, each on one thread: a network gains little from a second thread on one
picture, and reading and writing nothing. Anything larger goes alone, on all threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pleura.batch.index import index_of, with_index
from pleura.batch.overwrite import identities, refuse_to_overwrite
from pleura.batch.plan import Job
from pleura.batch.results import Outcome
from pleura.conventions import BackendName, Convention, Device, MaskFormat, Modality, QualityMode, SegType
from pleura.errors import PleuraError
from pleura.files import folder_lock, make_folder
from pleura.inference import backends
from pleura.modality.resolve import resolve_kind
from pleura.quality import read_quality, with_stated_quality
from pleura.reading import read, read_labels
from pleura.reporting.page_file import check_page_name
from pleura.reporting.scan import write_scan_page
from pleura.segmentation import Provenance
from pleura.volume import Note, Volume, grid_text
from pleura.writing import (
    FORMATS,
    Sidecar,
    earlier,
    possible_stems,
    read_sidecar,
    sidecar_fields,
    sidecar_path,
    write,
    write_preview,
    written_as,
)

if TYPE_CHECKING:
    from pleura.segmentation import Segmentation
    from pleura.segmenter import Segmenter

MANY = 8
"""Scans from which it is worth while to segment several at a time."""

SMALL = 16 << 20
"""Bytes of the largest file that counts as small: what it unfolds to is held once for each thread."""

HOLD_LABELS: frozenset[MaskFormat] = frozenset({"nifti", "nrrd", "mha", "png", "dicom-seg", "rtstruct"})
"""Formats that a mask is read from again, to be measured; of pictures and reports alone it is made anew."""

Targets = Mapping[MaskFormat, Path]
"""What is written where."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class SegmenterOptions:
    """What a `Segmenter` is made with; each process makes its own."""

    model: str | None = None
    modality: Modality = "auto"
    convention: Convention = ""
    backend: BackendName = "auto"
    device: Device = "auto"
    threads: int | None = None
    quality: QualityMode = "fast"


@dataclass(frozen=True)
class BatchOptions:
    """What is written, and what is not written again.

    Attributes
    ----------
    preview : write a picture of each result beside its mask
    report, pdf : write a page of each result beside its mask, and as PDF
    resume : leave results alone that are there and up to date
    overwrite : replace results of other inputs, and masks that were changed since
    seg_type : how a DICOM segmentation holds a mask
    measure : measure all of each scan
    """

    preview: bool = False
    report: bool = False
    pdf: bool = False
    resume: bool = False
    overwrite: bool = False
    seg_type: SegType = "binary"
    measure: bool = False


def segment_batch(
    jobs: Sequence[Job],
    segmenter: SegmenterOptions,
    options: BatchOptions,
) -> Iterator[Outcome]:
    """Segment every scan of a `plan` and yield what came of each, in their order; who stops asking stops the work.

    Raises
    ------
    PleuraError : the folder cannot be made, there is no such model, backend or device, or what prints a PDF is missing
    """
    if jobs[0].output is None:
        make_folder(jobs[0].stem.parent)
    if options.pdf:
        check_page_name(jobs[0].pdf)
    index = index_of(jobs) if options.report else None
    workers = _scans_at_a_time(jobs, segmenter)
    if workers > 1:
        segmenter = replace(segmenter, threads=1)
    load_segmenter.cache_clear()
    load_segmenter(segmenter)  # an option that cannot be is an error of the call, not one of each scan
    work = SegmentScan(segmenter, options, identities(job.source for job in jobs))
    outcomes = _noting_twins(in_order(work, list(enumerate(jobs, start=1)), workers), jobs)
    return with_index(outcomes, index) if index else outcomes


def in_order(work: Callable[[Item], Result], items: Sequence[Item], workers: int = 1) -> Iterator[Result]:
    """Yield what `work` returns for each item, in their order; whoever stops asking stops the work."""
    if workers == 1:
        yield from map(work, items)
    else:
        pool = ThreadPoolExecutor(workers)
        try:
            yield from pool.map(work, items)
        finally:
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class SegmentScan:
    """What is done with each scan.

    Attributes
    ----------
    inputs : the `identities` of all inputs, none of which is ever written to
    """

    segmenter: SegmenterOptions
    options: BatchOptions
    inputs: frozenset[tuple[int, int]]

    def __call__(self, numbered: tuple[int, Job]) -> Outcome:
        """Segment one scan, write the result, and return what came of it."""
        number, job = numbered
        try:
            return self._segmented(number, job)
        except Exception as error:
            return Outcome(number, job, error=error)

    def _segmented(self, number: int, job: Job) -> Outcome:
        segmenter = load_segmenter(self.segmenter)
        begun = time.perf_counter()
        volume = read(job.source, series=job.series)
        volume = replace(volume, notes=(*volume.notes, *job.notes))
        seconds = {"read": time.perf_counter() - begun}
        targets = job.targets(volume)
        _refuse_unwritable(job, targets, volume)
        found = Outcome(
            number,
            job,
            targets,
            preview=job.preview if self.options.preview else None,
            page=job.page if self.options.report else None,
            pdf=job.pdf if self.options.pdf else None,
        )
        if self.options.resume:
            known = self._up_to_date(targets, found.pictures, volume, segmenter.provenance(volume))
            if known is not None:
                there = replace(found, sidecar=known, warnings=_warnings(known), quality=read_quality(known))
                if not self.options.measure:
                    return there
                if masks := [path for name, path in targets.items() if name in HOLD_LABELS]:
                    return self._with_measurements(there, masks[0], volume)
        self._guard(volume, targets, found.pictures)
        result = segmenter(volume)
        for stage, taken in result.timings.items():
            seconds[stage] = seconds.get(stage, 0.0) + taken
        sidecar = self._write(result, found)
        return replace(
            found,
            sidecar=sidecar,
            scan=f"{result.volume.identity.format}, {grid_text(result.volume)}",
            notes=result.volume.notes,
            sizes=result.sizes,
            measurements=result.measurements if self.options.measure else None,
            acquisition=result.volume.acquisition,
            seconds=seconds,
            warnings=result.warnings,
            quality=result.quality,
        )

    def _write(self, result: Segmentation, found: Outcome) -> Sidecar:
        """Write the mask, and what is to be looked at, under the names of `found`; return the sidecar."""
        volume, targets = result.volume, found.outputs
        with folder_lock(found.job.preview.parent):
            self._guard(volume, targets, found.pictures)
            for name, target in targets.items():
                earlier.remove_preview_of_other(target, found.job.preview, volume)
                write(result, target, format=name, seg_type=self.options.seg_type)
            if found.preview:
                write_preview(result, found.preview)
            for page in filter(None, (found.page, found.pdf)):
                write_scan_page(result, page)
            first = next(iter(targets.values()))
            return read_sidecar(sidecar_path(first)) or sidecar_fields(result)

    def _with_measurements(self, found: Outcome, mask: Path, volume: Volume) -> Outcome:
        """Add to a result that was there what its mask measures."""
        volume, _ = resolve_kind(volume, self.segmenter.modality)
        result = with_stated_quality(read_labels(mask, grid=volume), mask)
        measured = replace(result, warnings=found.warnings).measurements
        return replace(found, measurements=measured, acquisition=volume.acquisition)

    def _up_to_date(
        self, targets: Targets, pictures: Sequence[Path], volume: Volume, provenance: Provenance
    ) -> Sidecar | None:
        """Return the sidecar of the first result where all are there and up to date."""
        found = [
            earlier.up_to_date(target, pictures, volume, provenance, written_as(name, self.options.seg_type))
            for name, target in targets.items()
        ]
        return found[0] if all(found) else None

    def _guard(self, volume: Volume, targets: Targets, pictures: Sequence[Path]) -> None:
        """Refuse to write over inputs, files of other making and, unless that is wanted, results of other inputs."""
        masks = list(targets.values())
        files = [file for mask in masks for file in (mask, sidecar_path(mask))]
        refuse_to_overwrite([*files, *pictures], self.inputs)
        for mask in masks if not self.options.overwrite else ():
            earlier.refuse_to_lose(mask, pictures, volume)


def _refuse_unwritable(job: Job, targets: Targets, volume: Volume) -> None:
    """Refuse a scan that one of its formats cannot hold, by the name of the scan."""
    try:
        for name in targets:
            FORMATS[name].refuse(volume)
    except PleuraError as error:
        raise error.within(job.named) from None


@lru_cache(maxsize=1)
def load_segmenter(options: SegmenterOptions) -> Segmenter:
    """Return the segmenter of this process, made once for a batch."""
    from pleura.segmenter import Segmenter

    return Segmenter(**asdict(options))


def _scans_at_a_time(jobs: Sequence[Job], options: SegmenterOptions) -> int:
    """Return how many scans to segment at a time; of the backends only onnxruntime may be called by several threads."""
    if options.backend not in {"auto", "onnxruntime", "onnxruntime-int8"} or options.device not in {"auto", "cpu"}:
        return 1
    many = len(jobs) >= MANY and all(_is_small(job.source) for job in jobs)
    return backends.cpu_count(options.threads) if many else 1


def _is_small(source: Path) -> bool:
    try:
        return not source.is_dir() and source.stat().st_size <= SMALL
    except OSError:  # whatever it is, it is not read
        return True


def _noting_twins(outcomes: Iterable[Outcome], jobs: Sequence[Job]) -> Iterator[Outcome]:
    """Yield outcomes with a warning where a mask of the same voxels lies there under a name that no scan here has."""
    masks = {} if jobs[0].output else earlier.masks_by_input(jobs[0].stem.parent)
    stems = {job.stem.name for job in jobs}
    for outcome in outcomes:
        names = [mask.name for mask in _same_scan(outcome, masks) if not stems.intersection(possible_stems(mask))]
        text = f"the same scan has another mask beside this one: {', '.join(names)}; remove what is not wanted"
        twins = (Note("same-scan-twice", text),) if names else ()
        yield replace(outcome, warnings=(*outcome.warnings, *twins))


def _same_scan(outcome: Outcome, masks: Mapping[str, Sequence[Path]]) -> list[Path]:
    """Return the masks of the same voxels that are still there."""
    digits = str(outcome.sidecar.get("input", {}).get("sha256", ""))[:32]
    return [mask for mask in masks.get(digits, ()) if mask.is_file()] if digits else []


def _warnings(sidecar: Sidecar) -> tuple[Note, ...]:
    """Return the warnings of a mask that was there already; they hold as before."""
    return tuple(Note(one["code"], one["message"]) for one in sidecar.get("warnings", ()))
