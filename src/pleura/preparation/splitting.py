"""Which patients are for training, validation and test.

No patient is ever in two splits. Who is in which follows from the seed, the shares and the set of patients alone, and
not from what a folder held before: whoever has the same pictures and seed has the same split.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from pleura.datasets.manifest import SPLITS, Record
from pleura.preparation.patients import PairedRecord
from pleura.preparation.settings import Settings
from pleura.volume import Note

DEFAULT_SHARES = (0.7, 0.15, 0.15)


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
        text = f"{len(in_several)} patients were on both sides of the source's split and are on one now"
        notes.append(Note("split-patients", text))
    training = [patient for patient in fixed if fixed[patient] == "train"]
    if "val" not in split_of.values() and len(training) > 1:
        split_of |= assign_splits(training, settings.seed, (*shares[:2], 0), {})
        taken = sum(split_of[patient] == "val" for patient in training)
        text = f"the source states no val: {taken} of its {len(training)} patients of train were taken for it"
        notes.append(Note("val-from-train", text))
    empty = [split for split, share in zip(SPLITS, shares, strict=True) if share and split not in split_of.values()]
    if split_of and empty:
        notes.append(Note("empty-split", f"no patient is in {' and '.join(empty)}; there are {len(split_of)} in all"))
    records = (replace(record, split=split_of[record.patient]) for _, record in cases)
    return sorted(records, key=lambda record: record.id), notes


def assign_splits(
    patients: Collection[str], seed: int, shares: Sequence[float], fixed: Mapping[str, str]
) -> dict[str, str]:
    """Return "train", "val" or "test" for each patient.

    Parameters
    ----------
    patients : all of a data set, each once
    shares : of train, val and test
    fixed : patient -> split of those that are not to be drawn

    The patients that are left come in the order of a hash of the seed and themselves, and each goes to a split that has
    nobody, else to the one that is most behind its share. So nothing is empty as soon as there are as many patients as
    splits.

    References
    ----------
    A. Sainte-Laguë, La représentation proportionnelle et la méthode des moindres carrés, 1910: share / (2 count + 1).
    """
    splits = {patient: fixed[patient] for patient in patients if patient in fixed}
    counts = Counter(splits.values())
    wanted = {split: share for split, share in zip(SPLITS, shares, strict=True) if share}
    for patient in sorted((patient for patient in patients if patient not in splits), key=lambda one: _hash(one, seed)):
        splits[patient] = max(wanted, key=lambda split: (not counts[split], wanted[split] / (2 * counts[split] + 1)))
        counts[splits[patient]] += 1
    return splits


def _hash(patient: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed} {patient}".encode()).digest()
