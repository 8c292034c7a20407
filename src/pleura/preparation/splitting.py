"""Whose image it is, and which patients are for training, validation and test.

No patient is ever on both sides. Who is on which follows from the seed, the shares and the set of patients alone, and
not from what a folder held before: whoever has the same pictures and seed has the same split.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from pleura.errors import UnsuitableInput
from pleura.file_format import without_suffix
from pleura.preparation.record import Pair
from pleura.preparation.settings import SPLITS

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


def parts_of(
    patients: Collection[str], seed: int, shares: Sequence[float], settled: Mapping[str, str]
) -> dict[str, str]:
    """Return "train", "val" or "test" for each patient.

    Parameters
    ----------
    patients : all of a dataset, each once
    shares : of train, val and test
    settled : patient -> part of those that are not to be drawn

    The patients that are left come in the order of a hash of the seed and themselves, and each goes to a part that has
    nobody, else to the one that is most behind its share. So nothing is empty as soon as there are as many patients as
    parts.

    References
    ----------
    A. Sainte-Laguë, La représentation proportionnelle et la méthode des moindres carrés, 1910: share / (2 count + 1).
    """
    parts = {patient: settled[patient] for patient in patients if patient in settled}
    counts = Counter(parts.values())
    wanted = {part: share for part, share in zip(SPLITS, shares, strict=True) if share}
    for patient in sorted((one for one in patients if one not in parts), key=lambda one: _draw(one, seed)):
        parts[patient] = max(wanted, key=lambda part: (not counts[part], wanted[part] / (2 * counts[part] + 1)))
        counts[parts[patient]] += 1
    return parts


def _draw(patient: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed} {patient}".encode()).digest()


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
    return {without_suffix(row[image] or ""): row[patient] or "" for row in rows}
