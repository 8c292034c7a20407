"""The table of scans: licences, folds, and what a free training may read."""

from __future__ import annotations

from recipes.ct.label import hand_rows
from recipes.ct.scans import FROM_NUMBERS, scans


def test_a_free_training_reads_scans_of_free_licences_labelled_by_numbers_alone() -> None:
    free = scans(free_only=True)
    assert len(free) >= 10
    for scan in free:
        assert scan.licence.startswith("CC BY")
        assert "NC" not in scan.licence
        assert scan.mask in (FROM_NUMBERS, "empty"), "a mask of unknown or non-commercial origin"


def test_every_scan_of_a_patient_is_held_back_by_the_same_fold() -> None:
    folds: dict[str, set[int]] = {}
    for scan in scans():
        folds.setdefault(scan.patient, set()).add(scan.fold)
    assert all(len(fold) == 1 for fold in folds.values())
    assert {fold for one in folds.values() for fold in one} == {0, 1, 2, 3}


def test_corrections_by_hand_name_scans_of_the_table() -> None:
    assert set(hand_rows()) <= {scan.id for scan in scans()}
