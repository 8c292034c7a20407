"""Whose image it is, and which patients are for training, validation and test.

A patient's part follows from the seed and the patient alone: a patient more or less moves nobody else, and no patient
is ever on both sides.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from pleura.datasets.record import Pair
from pleura.datasets.settings import SPLITS
from pleura.errors import UnsuitableInput

DEFAULT_SHARES = (0.7, 0.15, 0.15)
_IMAGE_COLUMNS = ("image", "file", "filename", "name", "id")
_PATIENT_COLUMNS = ("patient", "patient_id", "patientid", "subject")


def patient_rule(patients: str) -> Callable[[Pair, str], str]:
    """Return the function (pair, patient by its files) -> patient that `Settings.patients` describes.

    Raises
    ------
    UnsuitableInput : the CSV file or the regular expression cannot be used (`bad-setting`)
    """
    if not patients:
        return lambda pair, told: told or pair.name
    if patients.lower().endswith(".csv"):
        listed = _listed(Path(patients))
        return lambda pair, _: listed.get(pair.name) or listed.get(Path(pair.name).name, "")
    try:
        rule = re.compile(patients)
    except re.error as error:
        raise UnsuitableInput(
            f"patients has to be a .csv file or a regular expression: {error}", code="bad-setting"
        ) from error

    def by_rule(pair: Pair, _: str) -> str:
        found = rule.search(Path(pair.name).as_posix())
        return (found.group(1) if rule.groups else found.group()) or "" if found else ""

    return by_rule


def patient_hash(patient: str) -> str:
    """Return the pseudonym of a patient. It hides a name; it does not withstand somebody who has a list of names."""
    return hashlib.sha256(f"pleura patient {patient}".encode()).hexdigest()[:16]


def part_of(patient: str, seed: int, shares: Sequence[float]) -> str:
    """Return "train", "val" or "test" for a patient; `shares` are theirs, in this order."""
    draw = int.from_bytes(hashlib.sha256(f"{seed} {patient}".encode()).digest()[:7], "big") / (1 << 56)
    edge = 0.0
    for name, share in zip(SPLITS, shares, strict=True):
        edge += share
        if share and draw < edge:
            return name
    return next(name for name, share in reversed(list(zip(SPLITS, shares, strict=True))) if share)


def _listed(path: Path) -> dict[str, str]:
    """Return stem of an image -> patient."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnsuitableInput(f"the list of patients {path} cannot be read", code="bad-setting") from error
    columns = {name.strip().lower(): name for name in (rows[0] if rows else {}) if name}
    patient = next((columns[name] for name in _PATIENT_COLUMNS if name in columns), None)
    image = next((columns[name] for name in _IMAGE_COLUMNS if name in columns), patient)
    if patient is None or image is None:
        raise UnsuitableInput(f"the list of patients {path} needs the columns image and patient", code="bad-setting")
    stem = re.compile(r"\.(nii|nrrd|nhdr|mha|mhd|png|jpe?g|tiff?|dcm)(\.gz)?$", re.IGNORECASE)
    return {stem.sub("", row[image] or ""): row[patient] or "" for row in rows}
