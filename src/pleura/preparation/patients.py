"""Whose image it is: by its header, by a list or a rule of the caller's, or else each image a patient of its own."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from pleura.datasets.manifest import Record
from pleura.errors import InvalidOption
from pleura.file_format import without_suffix
from pleura.preparation.convert import ConversionTask
from pleura.preparation.pair import Pair, Refusal
from pleura.text import short_hash

_IMAGE_COLUMNS = ("image", "file", "filename", "name", "id")
_PATIENT_COLUMNS = ("patient", "patient_id", "patientid", "subject")

PatientRule = Callable[[Pair, str], str]
"""Pair and patient by its header -> patient, "" where it is not known."""

PairedRecord = tuple[Pair, Record]
"""A case as it lies in the source, and its record with its patient."""


def patient_rule(patients: str) -> PatientRule:
    """Return the function (pair, patient by its files) -> patient that `Settings.patients` describes.

    Raises
    ------
    InvalidOption : the CSV file or the regular expression cannot be used (`bad-setting`)
    """
    if not patients:
        return lambda pair, in_header: in_header or pair.name
    if patients.lower().endswith(".csv"):
        listed = _listed(Path(patients))
        return lambda pair, _: listed.get(pair.name) or listed.get(Path(pair.name).name, "")
    try:
        rule = re.compile(patients)
    except re.error as error:
        raise InvalidOption(
            f"patients has to be a .csv file or a regular expression: {error}", code="bad-setting"
        ) from error

    def by_rule(pair: Pair, _: str) -> str:
        found = rule.search(Path(pair.name).as_posix())
        return (found.group(1) if rule.groups else found.group()) or "" if found else ""

    return by_rule


def patient_hash(patient: str) -> str:
    """Return the pseudonym of a patient. It hides a name; it does not withstand somebody who has a list of names."""
    return short_hash(f"pleura patient {patient}")


def with_patients(
    cases: Sequence[tuple[ConversionTask, Record]], rule: PatientRule
) -> tuple[list[PairedRecord], list[Refusal]]:
    """Put pseudonym and finding into each record; what belongs to nobody could end in two splits and is refused."""
    known, unknown = [], []
    for task, record in cases:
        patient = rule(task.pair, task.identity.patient)
        if patient:
            complete = replace(record, patient=patient_hash(patient), finding=task.pair.finding or None)
            known.append((task.pair, complete))
        else:
            text = "the list or rule of patients does not say whose it is"
            unknown.append(Refusal(task.pair.name, "no-patient", text, record.source_sha256))
    return known, unknown


def _listed(path: Path) -> dict[str, str]:
    """Return stem of an image -> patient."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidOption(f"the list of patients {path} cannot be read", code="bad-setting") from error
    columns = {name.strip().lower(): name for name in (rows[0] if rows else {}) if name}
    patient = next((columns[name] for name in _PATIENT_COLUMNS if name in columns), None)
    image = next((columns[name] for name in _IMAGE_COLUMNS if name in columns), patient)
    if patient is None or image is None:
        raise InvalidOption(f"the list of patients {path} needs the columns image and patient", code="bad-setting")
    return {without_suffix(row[image] or ""): row[patient] or "" for row in rows}
