"""Make a data set of a folder: find the pairs, inspect the masks, map their labels, convert, split and write."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pleura
from pleura.datasets.description import read_description
from pleura.datasets.files import file_hash
from pleura.datasets.manifest import MANIFEST, Record
from pleura.errors import PleuraError, UnsuitableInput, UnwritableOutput
from pleura.files import folder_lock, make_folder
from pleura.preparation.convert import ConversionTask, Identified, convert_case, identify, inspect_mask
from pleura.preparation.find import find_pairs
from pleura.preparation.label_mapping import PLAIN, LabelMapping, MaskInfo, derive_mapping
from pleura.preparation.notes import against_earlier, common_warnings, mixed, patients_guessed, without_masks
from pleura.preparation.pair import Pair, Refusal
from pleura.preparation.patients import PairedRecord, PatientRule, patient_rule, with_patients
from pleura.preparation.progress import PROGRESS_FILE, Progress, key_of
from pleura.preparation.report import Report
from pleura.preparation.settings import Settings
from pleura.preparation.splitting import split_records
from pleura.preparation.workers import ParallelMap, worker_processes

UNPAIRED = {"no-mask", "no-image", "ambiguous-pair"}
"""Codes of what has no partner by its name."""

Listener = Callable[[int, int], None]
"""Called with how many cases are done, and of how many."""


@dataclass(frozen=True)
class Conversion:
    """What came of the pairs of a source, before patients and splits.

    Attributes
    ----------
    mapping : what the values of the masks mean
    cases : a record for each image that was written, with the task that it came from
    refused : pairs of which nothing could be made
    reused : how many pairs were finished by an earlier run
    """

    mapping: LabelMapping
    cases: tuple[tuple[ConversionTask, Record], ...]
    refused: tuple[Refusal, ...]
    reused: int


def prepare(
    source: str | Path,
    dest: str | Path,
    settings: Settings | None = None,
    *,
    workers: int = 1,
    progress: Listener | None = None,
) -> Report:
    """Make a data set of the images with masks in a folder.

    Parameters
    ----------
    source : folder in any of the layouts that `pleura.preparation` knows
    dest : folder of the data set; made where it is not there. What an earlier run has finished there is kept.
    settings : what to do to each case; nothing is resampled, cropped or windowed without
    workers : processes; with more than one, call it under ``if __name__ == "__main__":``
    progress : called as cases are finished

    Returns
    -------
    Report : the cases, and what could not be used with the reason

    Raises
    ------
    UnreadableInput
        There is no such folder (`not-found`), or the `dataset.json` beside a manifest cannot be used (`bad-manifest`).
    UnsuitableInput : there is not one usable pair (`nothing-usable`)
    InvalidOption : a setting cannot be (`bad-setting`)
    UnwritableOutput : `dest` is the source (`output-is-input`) or holds other files (`folder-in-use`)
    """
    report = try_prepare(Path(source), Path(dest), settings or Settings(), workers, progress)
    require_cases(report)
    return report


def require_cases(report: Report) -> None:
    """Raise `UnsuitableInput` with the code `nothing-usable` where a report has no case."""
    if report.cases:
        return
    reasons = Counter(refusal.code for refusal in report.refused)
    counted = ", ".join(f"{count} {code}" for code, count in reasons.most_common(4)) or "no images at all"
    first = f", the first: {report.refused[0].name}, {report.refused[0].message}" if report.refused else ""
    text = f"nothing in the source can be used: {counted}{first}"
    if reasons.keys() <= UNPAIRED:
        text += "; images need masks named alike, as image1.png and mask1.png or a.png and a_mask.png"
    raise UnsuitableInput(text, code="nothing-usable")


def try_prepare(source: Path, dest: Path, settings: Settings, workers: int, progress: Listener | None) -> Report:
    """Make a data set as `prepare` does, and report also where nothing could be used: then an earlier one stays."""
    settings = replace(settings, convention=settings.convention or _stated_convention(source))
    rule = patient_rule(settings.patients)
    _check_folders(source, dest)
    pairs, unpaired = find_pairs(source.absolute(), dest.absolute())
    make_folder(dest)
    with folder_lock(dest), _file_folders(dest):  # another run would remove what it does not name itself
        conversion = _convert_pairs(pairs, dest, settings, workers, progress or (lambda _done, _count: None))
        report = _report(conversion, unpaired, source, dest, settings, rule)
        if report.cases:
            _remove_unnamed(dest, report.cases)
        report.write(dest)
    return report


def _stated_convention(source: Path) -> str:
    """Return what a data set of ours says of its masks of radiographs; "" for any other folder."""
    try:
        return read_description(source).convention
    except PleuraError:
        return ""


def _check_folders(source: Path, dest: Path) -> None:
    """Refuse to write into the source itself, or into a folder that holds something else than a data set of ours."""
    if dest.exists() and not dest.is_dir():
        raise UnwritableOutput(f"{dest} is a file; name a folder", code="not-written")
    if source.absolute() == dest.absolute() or (dest.is_dir() and source.is_dir() and source.samefile(dest)):
        raise UnwritableOutput(f"{dest} is the source; name another folder for the dataset", code="output-is-input")
    if dest.is_dir() and _holds_something(dest) and not (dest / PROGRESS_FILE).is_file():
        raise UnwritableOutput(f"{dest} holds other files; name a new folder", code="folder-in-use")


def _holds_something(folder: Path) -> bool:
    """Say whether a folder holds more than empty folders, which a run that was stopped at once leaves behind."""
    return any(path.is_symlink() or not path.is_dir() for path in folder.rglob("*"))


@contextmanager
def _file_folders(dest: Path) -> Iterator[None]:
    """Make the folders of images and masks, and remove them at the end where there is no data set and nothing in it."""
    folders = (dest / "images", dest / "masks")
    for folder in folders:
        make_folder(folder)
    try:
        yield
    finally:
        for folder in folders:
            if not (dest / MANIFEST).is_file() and not any(folder.iterdir()):
                folder.rmdir()


def _convert_pairs(pairs: Sequence[Pair], dest: Path, settings: Settings, workers: int, listen: Listener) -> Conversion:
    """Settle what the masks mean together, and write the files of each pair."""
    with Progress(dest) as progress, worker_processes(min(workers, len(pairs))) as parallel_map:
        inspected, unreadable = _inspect_all(pairs, progress, parallel_map)
        mapping = derive_mapping([info for pair, _, info in inspected if pair.mask])
        tasks = [ConversionTask(*each, mapping, settings, dest.absolute()) for each in inspected]
        results, reused = _convert_all(tasks, progress, parallel_map, listen)
    cases: list[tuple[ConversionTask, Record]] = []
    refused = list(unreadable)
    for task, result in zip(tasks, results, strict=True):
        if isinstance(result, Refusal):
            refused.append(replace(result, sha256=task.identity.source_sha256))
        else:
            cases += [(task, record) for record in result]
    return Conversion(mapping, tuple(cases), tuple(refused), reused)


def _inspect_all(
    pairs: Sequence[Pair], progress: Progress, parallel_map: ParallelMap
) -> tuple[list[tuple[Pair, Identified, MaskInfo]], list[Refusal]]:
    """Return the pairs whose files can be read, with what their masks say."""
    identities = list(parallel_map(identify, pairs))
    keys = [
        key_of(identity.source_sha256, dict(pair.names)) if isinstance(identity, Identified) else ""
        for pair, identity in zip(pairs, identities, strict=True)
    ]
    new = [k for k, key in enumerate(keys) if key and key not in progress.masks]
    infos: dict[str, MaskInfo | Refusal] = dict(progress.masks)
    for k, info in zip(new, parallel_map(inspect_mask, [pairs[k] for k in new]), strict=True):
        infos[keys[k]] = info
        if isinstance(info, MaskInfo):
            progress.save_mask(keys[k], info)
    inspected, refused = [], []
    for pair, identity, key in zip(pairs, identities, keys, strict=True):
        if isinstance(identity, Refusal):
            refused.append(identity)
        elif isinstance(outcome := infos[key], MaskInfo):
            inspected.append((pair, identity, outcome))
        else:
            refused.append(replace(outcome, name=pair.name, sha256=identity.source_sha256))
    return inspected, refused


def _convert_all(
    tasks: Sequence[ConversionTask], progress: Progress, parallel_map: ParallelMap, listen: Listener
) -> tuple[list[tuple[Record, ...] | Refusal], int]:
    """Return what came of every task, and how many an earlier run had finished."""
    keys = [_task_key(task) for task in tasks]
    new = [k for k, key in enumerate(keys) if not _is_there(progress, key, tasks[k].dest)]
    reused = len(tasks) - len(new)
    listen(reused, len(tasks))
    refused: dict[int, Refusal] = {}
    results = parallel_map(convert_case, [tasks[k] for k in new])
    for done, (k, result) in enumerate(zip(new, results, strict=True), reused + 1):
        if isinstance(result, Refusal):
            refused[k] = result
        else:
            progress.save_records(keys[k], result)
        listen(done, len(tasks))
    return [refused.get(k) or progress.records[key] for k, key in enumerate(keys)], reused


def _task_key(task: ConversionTask) -> str:
    """Return what a case is known by: all that its files depend on, and nothing that they do not."""
    made_by = {name: getattr(task.settings, name) for name in ("window", "spacing", "size", "slices", "modality")}
    mapping = dataclasses.asdict(replace(task.mapping, notes=()))
    stated = dict(task.pair.names), task.pair.sides, task.pair.kind
    return key_of(pleura.__version__, task.identity.source_sha256, made_by, mapping, *stated)


def _is_there(progress: Progress, key: str, dest: Path) -> bool:
    records = progress.records.get(key)
    return records is not None and all((dest / file).is_file() for record in records for file in record.files)


def _report(
    conversion: Conversion,
    unpaired: Sequence[Refusal],
    source: Path,
    dest: Path,
    settings: Settings,
    rule: PatientRule,
) -> Report:
    """Return the data set that the cases make, each patient in one split, and all that has to be said of it."""
    known, unknown = with_patients(conversion.cases, rule)
    unique, duplicates = _without_duplicates(known)
    records, split_notes = split_records(unique, settings)
    refused = (*unpaired, *conversion.refused, *unknown, *duplicates)
    mapping = conversion.mapping
    merged = mapping.sided and records and not any(record.sides for record in records)
    notes = [
        *against_earlier(dest, records),
        *mapping.notes,
        *common_warnings(records),
        *without_masks(records),
        *(() if settings.modality else mixed(records)),
        *(() if settings.patients else patients_guessed(known)),
        *split_notes,
    ]
    return Report(
        tuple(records),
        tuple(_with_hash(refusal, source) for refusal in refused),
        PLAIN if merged else mapping.labels,
        tuple(notes),
        settings,
        conversion.reused,
        {record.id: pair.name for pair, record in unique},
    )


def _without_duplicates(cases: Sequence[PairedRecord]) -> tuple[list[PairedRecord], list[Refusal]]:
    """Keep the first of the cases whose images are the same, voxel by voxel."""
    first: dict[str, Pair] = {}
    unique, duplicates = [], []
    for pair, record in cases:
        if first.setdefault(record.pixels, pair) is pair:  # slices of one scan have its pixels in common
            unique.append((pair, record))
        else:
            text = f"the same image as {first[record.pixels].name}"
            duplicates.append(Refusal(pair.name, "duplicate-image", text, record.source_sha256))
    return unique, duplicates


def _remove_unnamed(dest: Path, records: Sequence[Record]) -> None:
    """Remove files of ours that the manifest will not name: of other settings, or of sources that have gone."""
    named = {file for record in records for file in record.files}
    for file in Progress(dest).files() - named:
        (dest / file).unlink(missing_ok=True)


def _with_hash(refusal: Refusal, source: Path) -> Refusal:
    """Add the hash of the content, by which a file can be found again without its name being written."""
    path = source / refusal.name
    return refusal if refusal.sha256 or not path.is_file() else replace(refusal, sha256=file_hash((path,)))
