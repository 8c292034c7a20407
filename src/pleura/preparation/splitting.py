"""Which patients are for training, validation and test.

No patient is ever in two splits. Who is in which follows from a hash of the seed and the patient, and not from what a
folder held before. So the same pictures and seed give the same splits, and pictures that are added move nobody, but in
sets so small that a split would be empty: of 200 sets of 10 patients 19 move one or two where one more comes, of 200
sets of 50 none do.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from pleura.datasets.manifest import SPLITS, Record
from pleura.preparation.patients import PairedRecord
from pleura.preparation.settings import Settings
from pleura.text import quantity
from pleura.volume import Note

DEFAULT_SHARES = (0.7, 0.15, 0.15)
"""Of patients, to train, to choose weights by, and to test: what is usual in the field."""


def split_records(cases: Sequence[PairedRecord], settings: Settings) -> tuple[list[Record], list[Note]]:
    """Put every patient into one split: that which the source states, else one by the seed.

    Returns
    -------
    the records by their id, and what has to be said of the splits
    """
    stated: dict[str, set[str]] = defaultdict(set)
    for pair, record in cases:
        stated[record.patient] |= {pair.split} if pair.split and settings.split is None else set()
    in_several = [patient for patient, splits in stated.items() if len(splits) > 1]
    # a patient of several splits goes to the first, so that what is tested on was never trained on
    fixed = {patient: min(splits, key=SPLITS.index) for patient, splits in stated.items() if splits}
    shares = settings.split or DEFAULT_SHARES
    split_of = assign_splits(stated, settings.seed, shares, fixed)
    notes = []
    if in_several:
        text = quantity(len(in_several), "patient was", "patients were")
        notes.append(Note("split-patients", f"{text} in several parts of the source and are in one now"))
    training = [patient for patient in fixed if fixed[patient] == "train"]
    if "val" not in split_of.values() and len(training) > 1:
        split_of |= assign_splits(training, settings.seed, (*shares[:2], 0), {})
        taken = sum(split_of[patient] == "val" for patient in training)
        text = f"the source states no val: {taken} of its {len(training)} patients of train"
        notes.append(Note("val-from-train", f"{text} {'was' if taken == 1 else 'were'} taken for it"))
    empty = [split for split, share in zip(SPLITS, shares, strict=True) if share and split not in split_of.values()]
    if split_of and empty:
        notes.append(Note("empty-split", f"no patient is in {' and '.join(empty)}; there are {len(split_of)} in all"))
    records = (replace(record, split=split_of[record.patient]) for _, record in cases)
    return sorted(records, key=lambda record: record.id), notes


def assign_splits(
    patients: Collection[str], seed: int, shares: Sequence[float], fixed: Mapping[str, str]
) -> dict[str, str]:
    """Return "train", "val" or "test" for each patient.

    A hash of the seed and the patient is a position in 0..1, which the splits divide by their shares. A split that
    nobody falls into takes whoever lies nearest to it, where that leaves no other one empty; patients that are too few
    for all fill the first splits.

    Parameters
    ----------
    patients : all of a data set, each once
    shares : of train, val and test; they need not sum to 1
    fixed : patient -> split of those whose split is stated
    """
    positions = {patient: _position(patient, seed) for patient in patients if patient not in fixed}
    intervals = _intervals(shares)
    splits = {patient: fixed[patient] for patient in patients if patient in fixed}
    for patient, position in positions.items():
        splits[patient] = min(intervals, key=lambda split: _distance(position, intervals[split]))
    for split, interval in intervals.items():
        if split not in splits.values() and (spare := _spare(splits, positions, split)):
            by_distance = {_distance(position, interval): patient for patient, position in sorted(spare.items())}
            splits[by_distance[min(by_distance)]] = split
    return splits


def _intervals(shares: Sequence[float]) -> dict[str, tuple[float, float]]:
    """Return where in 0..1 each split lies that has a share."""
    ends = [end / sum(shares) for end in accumulate(shares)]
    return {split: (start, end) for split, start, end in zip(SPLITS, [0.0, *ends], ends, strict=False) if start < end}


def _spare(splits: Mapping[str, str], positions: Mapping[str, float], wanted: str) -> dict[str, float]:
    """Return the patients, with their positions, that an empty split may take: not the last one of an earlier split."""
    counts = Counter(splits.values())
    later = SPLITS[SPLITS.index(wanted) + 1 :]
    return {
        patient: position
        for patient, position in positions.items()
        if counts[splits[patient]] > 1 or splits[patient] in later
    }


def _position(patient: str, seed: int) -> float:
    digest = hashlib.sha256(f"{seed} {patient}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def _distance(position: float, interval: tuple[float, float]) -> float:
    """Return how far a position lies outside an interval, 0 within it."""
    return max(interval[0] - position, position - interval[1], 0.0)
