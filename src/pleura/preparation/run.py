"""The road from a folder of anything to a dataset: find, look, settle, make, split, write."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pleura
from pleura.datasets.files import file_hash
from pleura.errors import UnsuitableInput, UnwritableOutput
from pleura.files import make_folder
from pleura.preparation.case_warnings import common_doubts
from pleura.preparation.convert import Job, Seen, ask, make, see
from pleura.preparation.find import MANIFEST, find_pairs, stated_convention
from pleura.preparation.label_mapping import PLAIN, Facts, settle
from pleura.preparation.notes import Owned, against_earlier, mixed, patients_guessed, without_masks
from pleura.preparation.progress import NAME, Journal, key_of
from pleura.preparation.record import Pair, Record, Refusal
from pleura.preparation.report import Report, earlier_cases
from pleura.preparation.settings import SPLITS, Settings
from pleura.preparation.splitting import DEFAULT_SHARES, parts_of, patient_hash, patient_rule
from pleura.preparation.workers import worker_processes
from pleura.volume import Note

UNPAIRED = {"no-mask", "no-image", "ambiguous-pair"}
"""Codes of what has no partner by its name."""

Progress = Callable[[int, int], None]
"""Called with how many cases are done, and of how many."""


def prepare(
    source: str | Path,
    dest: str | Path,
    settings: Settings | None = None,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Make a dataset of the images with masks in a folder.

    Parameters
    ----------
    source : folder in any of the layouts that `pleura.preparation` knows
    dest : folder of the dataset; made where it is not there. What an earlier run has finished there is kept.
    settings : what to do to each case; nothing is resampled, cropped or windowed without
    workers : processes; with more than one, call it under ``if __name__ == "__main__":``
    progress : called as cases are finished

    Returns
    -------
    Report : the cases, and what could not be used with the reason

    Raises
    ------
    UnreadableInput : there is no such folder (`not-found`)
    UnsuitableInput : there is not one usable pair (`nothing-usable`), or a setting cannot be (`bad-setting`)
    UnwritableOutput : `dest` is the source (`output-is-input`) or holds other files (`folder-in-use`)
    """
    report = attempt(Path(source), Path(dest), settings or Settings(), workers, progress)
    require_cases(report)
    return report


def require_cases(report: Report) -> None:
    """Raise `UnsuitableInput` with the code `nothing-usable` where a report has no case."""
    if report.cases:
        return
    reasons = Counter(one.code for one in report.refused).most_common(4)
    found = ", ".join(f"{count} {code}" for code, count in reasons) or "no images at all"
    first = f", the first: {report.refused[0].name}, {report.refused[0].message}" if report.refused else ""
    text = f"nothing in the source can be used: {found}{first}"
    if {one.code for one in report.refused} <= UNPAIRED:
        text += "; images need masks named alike, as image1.png and mask1.png or a.png and a_mask.png"
    raise UnsuitableInput(text, code="nothing-usable")


def attempt(source: Path, dest: Path, settings: Settings, workers: int, progress: Progress | None) -> Report:
    """Make a dataset as `prepare` does, and report also where nothing could be used: then a dataset stays as it was."""
    settings = replace(settings, convention=settings.convention or stated_convention(source))
    owner = patient_rule(settings.patients)
    _guard(source, dest)
    found = find_pairs(source.absolute(), dest.absolute())
    folders = (dest / "images", dest / "masks")
    for folder in folders:
        make_folder(folder)
    try:
        return _made_of(found, source, dest, settings, owner, workers, progress)
    finally:
        for folder in folders:
            if not (dest / MANIFEST).is_file() and not any(folder.iterdir()):
                folder.rmdir()


def _made_of(
    found: tuple[Sequence[Pair], Sequence[Refusal]],
    source: Path,
    dest: Path,
    settings: Settings,
    owner: Callable[[Pair, str], str],
    workers: int,
    progress: Progress | None,
) -> Report:
    """Make a dataset of pairs and of what is none, and return its report."""
    pairs, refused = found
    with Journal(dest) as journal, worker_processes(min(workers, len(pairs))) as together:
        known, unreadable = _looked(pairs, journal, together)
        meaning = settle([facts for pair, _, facts in known if pair.mask])
        jobs = [Job(pair, seen, meaning, settings, dest.absolute()) for pair, seen, _ in known]
        done, reused = _made(jobs, journal, together, progress or (lambda _, __: None))
    failed = [replace(made, sha256=job.seen.source_sha256) for job, made in done if isinstance(made, Refusal)]
    cases = [(job, record) for job, made in done if not isinstance(made, Refusal) for record in made]
    owned, orphans = _with_patients(cases, owner)
    unique, doubled = _without_doubles(owned)
    records, notes = _split(unique, settings)
    if records:
        _sweep(dest, journal, records)
    refused = [_hashed(one, source) for one in (*refused, *unreadable, *failed, *orphans, *doubled)]
    told = () if settings.patients else patients_guessed(owned)
    kinds = () if settings.modality else mixed(records)
    labels = PLAIN if meaning.sided and records and not any(one.sides for one in records) else meaning.labels
    sources = {record.id: pair.name for pair, record in unique}
    changed = against_earlier(earlier_cases(dest), records)
    notes = [*changed, *meaning.notes, *common_doubts(records), *without_masks(records), *kinds, *told, *notes]
    report = Report(tuple(records), tuple(refused), labels, tuple(notes), settings, reused, sources)
    report.write(dest)
    return report


def _guard(source: Path, dest: Path) -> None:
    """Refuse to write into the source itself, or into a folder that holds something else than a dataset of ours."""
    if dest.exists() and not dest.is_dir():
        raise UnwritableOutput(f"{dest} is a file; name a folder", code="not-written")
    if source.absolute() == dest.absolute() or (dest.is_dir() and source.is_dir() and source.samefile(dest)):
        raise UnwritableOutput(f"{dest} is the source; name another folder for the dataset", code="output-is-input")
    if dest.is_dir() and any(dest.iterdir()) and not (dest / NAME).is_file():
        raise UnwritableOutput(f"{dest} holds other files; name a new folder", code="folder-in-use")


def _looked(
    pairs: Sequence[Pair], journal: Journal, together: Any
) -> tuple[list[tuple[Pair, Seen, Facts]], list[Refusal]]:
    """Return the pairs whose files can be read, with what their masks say."""
    seen = list(zip(pairs, together(see, pairs), strict=True))
    keys = [key_of(one.source_sha256, dict(pair.names)) if isinstance(one, Seen) else "" for pair, one in seen]
    new = [k for k, key in enumerate(keys) if key and key not in journal.facts]
    found: dict[str, Facts | Refusal] = dict(journal.facts)
    for k, facts in zip(new, together(ask, [pairs[k] for k in new]), strict=True):
        found[keys[k]] = facts
        if isinstance(facts, Facts):
            journal.looked(keys[k], facts)
    known, refused = [], []
    for (pair, one), key in zip(seen, keys, strict=True):
        facts = found[key] if key else one
        if isinstance(one, Seen) and isinstance(facts, Facts):
            known.append((pair, one, facts))
        elif isinstance(facts, Refusal):
            refused.append(replace(facts, name=pair.name, sha256=one.source_sha256 if isinstance(one, Seen) else ""))
    return known, refused


def _made(
    jobs: Sequence[Job], journal: Journal, together: Any, progress: Progress
) -> tuple[list[tuple[Job, tuple[Record, ...] | Refusal]], int]:
    """Return every job with what came of it, and how many an earlier run had finished."""
    keys = [_job_key(job) for job in jobs]
    new = [k for k, key in enumerate(keys) if not _is_there(journal, key, jobs[k].dest)]
    reused = len(jobs) - len(new)
    progress(reused, len(jobs))
    failed: dict[int, Refusal] = {}
    for count, (k, made) in enumerate(zip(new, together(make, [jobs[k] for k in new]), strict=True), reused + 1):
        if isinstance(made, Refusal):
            failed[k] = made
        else:
            journal.made(keys[k], made)
        progress(count, len(jobs))
    return [(job, failed.get(k) or journal.records[keys[k]]) for k, job in enumerate(jobs)], reused


def _job_key(job: Job) -> str:
    """Return what a case is known by: all that its files depend on, and nothing that they do not."""
    made_by = {name: getattr(job.settings, name) for name in ("window", "spacing", "size", "slices", "modality")}
    meaning = dataclasses.asdict(replace(job.meaning, notes=()))
    stated = dict(job.pair.names), job.pair.sides, job.pair.kind
    return key_of(pleura.__version__, job.seen.source_sha256, made_by, meaning, *stated)


def _is_there(journal: Journal, key: str, dest: Path) -> bool:
    records = journal.records.get(key)
    return records is not None and all((dest / file).is_file() for one in records for file in one.files)


def _with_patients(
    cases: Sequence[tuple[Job, Record]], owner: Callable[[Pair, str], str]
) -> tuple[list[Owned], list[Refusal]]:
    """Put pseudonym and finding into each record; what belongs to nobody could end on both sides of a split."""
    owned, orphans = [], []
    for job, record in cases:
        patient = owner(job.pair, job.seen.patient)
        if patient:
            told = replace(record, patient=patient_hash(patient), finding=job.pair.finding or None)
            owned.append((job.pair, told))
        else:
            text = "the list or rule of patients does not say whose it is"
            orphans.append(Refusal(job.pair.name, "no-patient", text, record.source_sha256))
    return owned, orphans


def _without_doubles(owned: Sequence[Owned]) -> tuple[list[Owned], list[Refusal]]:
    """Keep the first of the cases whose images are the same, voxel by voxel."""
    first: dict[str, str] = {}
    unique, doubled = [], []
    for pair, record in owned:
        if first.setdefault(record.pixels, pair.name) == pair.name:
            unique.append((pair, record))
        else:
            text = f"the same image as {first[record.pixels]}"
            doubled.append(Refusal(pair.name, "duplicate-image", text, record.source_sha256))
    return unique, doubled


def _split(owned: Sequence[Owned], settings: Settings) -> tuple[list[Record], list[Note]]:
    """Put every patient into one part: what the source states, else by the seed."""
    stated: dict[str, set[str]] = defaultdict(set)
    for pair, record in owned:
        stated[record.patient] |= {pair.split} if pair.split and settings.split is None else set()
    torn = {patient for patient, parts in stated.items() if len(parts) > 1}
    # a patient on both sides goes to the first, so that what is tested on was never trained on
    told = {patient: min(parts, key=SPLITS.index) for patient, parts in stated.items() if parts}
    shares = settings.split or DEFAULT_SHARES
    part = parts_of(stated, settings.seed, shares, told)
    notes = []
    if torn:
        text = f"{len(torn)} patients were on both sides of the source's split and are on one now"
        notes.append(Note("split-patients", text))
    learning = [patient for patient in told if told[patient] == "train"]
    if "val" not in part.values() and len(learning) > 1:
        part |= parts_of(learning, settings.seed, (*shares[:2], 0), {})
        taken = sum(part[patient] == "val" for patient in learning)
        text = f"the source states no val: {taken} of its {len(learning)} patients of train were taken for it"
        notes.append(Note("val-from-train", text))
    empty = [name for name, share in zip(SPLITS, shares, strict=True) if share and name not in part.values()]
    if part and empty:
        notes.append(Note("empty-split", f"no patient is in {' and '.join(empty)}; there are {len(part)} in all"))
    return sorted((replace(one, split=part[one.patient]) for _, one in owned), key=lambda one: one.id), notes


def _sweep(dest: Path, journal: Journal, records: Sequence[Record]) -> None:
    """Remove files of ours that the manifest no longer names: of other settings, or of sources that have gone."""
    kept = {file for one in records for file in one.files}
    for file in journal.files() - kept:
        (dest / file).unlink(missing_ok=True)


def _hashed(refusal: Refusal, source: Path) -> Refusal:
    """Add the hash of the content, by which a file can be found again without its name being written."""
    path = source / refusal.name
    return refusal if refusal.sha256 or not path.is_file() else replace(refusal, sha256=file_hash((path,)))
