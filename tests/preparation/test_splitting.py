"""A patient's split follows from seed and patient, and every split gets one where there are enough."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from data_layouts import manifest, pictures

from pleura.preparation import Settings, prepare
from pleura.preparation.splitting import DEFAULT_SHARES, assign_splits


def counts(total: int, shares: tuple[float, float, float] = DEFAULT_SHARES, seed: int = 0) -> tuple[int, int, int]:
    found = Counter(assign_splits([f"patient {k}" for k in range(total)], seed, shares, {}).values())
    return found["train"], found["val"], found["test"]


@pytest.mark.parametrize(("total", "expected"), [(0, (0, 0, 0)), (1, (1, 0, 0)), (2, (1, 1, 0)), (3, (1, 1, 1))])
def test_a_few_patients_fill_the_first_splits(total: int, expected: tuple[int, int, int]) -> None:
    assert all(counts(total, seed=seed) == expected for seed in range(20))


def test_no_split_is_empty_from_three_patients_on() -> None:
    assert all(min(counts(total, seed=seed)) > 0 for total in range(3, 12) for seed in range(20))


def test_many_patients_come_near_to_the_shares() -> None:
    # 2000 patients: the standard deviation of a count is at most (2000 * 0.7 * 0.3) ** 0.5 = 20
    assert np.allclose(counts(2000), (1400, 300, 300), atol=60)


def test_patients_who_are_added_move_nobody() -> None:
    patients = [f"patient {k}" for k in range(60)]
    before = assign_splits(patients[:50], 0, DEFAULT_SHARES, {})
    assert before.items() <= assign_splits(patients, 0, DEFAULT_SHARES, {}).items()


def test_a_split_that_nobody_falls_into_takes_one_patient() -> None:
    for seed in range(20):
        patients = [f"patient {k}" for k in range(8)]
        kept = assign_splits(patients, seed, (0.98, 0.01, 0.01), {})
        assert Counter(kept.values()) == {"train": 6, "val": 1, "test": 1}


def test_splits_without_a_share_get_nobody() -> None:
    assert counts(5, (1, 0, 0)) == (5, 0, 0)
    assert counts(2, (0, 0.5, 0.5)) == (0, 1, 1)
    assert counts(1, (0, 0.5, 0.5)) == (0, 1, 0)


def test_who_is_drawn_depends_on_the_seed_and_not_on_the_order() -> None:
    patients = [f"patient {k}" for k in range(30)]
    first = assign_splits(patients, 0, DEFAULT_SHARES, {})
    assert assign_splits(patients[::-1], 0, DEFAULT_SHARES, {}) == first
    assert assign_splits(patients, 1, DEFAULT_SHARES, {}) != first


def test_a_stated_split_stays_and_the_others_are_drawn_as_if_they_were_alone() -> None:
    patients = [f"patient {k}" for k in range(60)]
    fixed = dict.fromkeys(patients[:10], "test")
    found = assign_splits(patients, 0, DEFAULT_SHARES, fixed)
    assert found == fixed | assign_splits(patients[10:], 0, DEFAULT_SHARES, {})


def test_split_follows_from_pictures_and_seed_whatever_the_folder_held_before(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=12)
    prepare(tmp_path / "in", tmp_path / "grown", Settings(seed=1))
    grown = prepare(tmp_path / "in", tmp_path / "grown")
    fresh = prepare(tmp_path / "in", tmp_path / "fresh")
    assert manifest(tmp_path / "grown") == manifest(tmp_path / "fresh")
    assert "split-changed" in {note.code for note in grown.notes}
    assert "split-changed" not in {note.code for note in fresh.notes}


def test_pictures_that_are_added_move_no_other(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=12)
    before = prepare(tmp_path / "in", tmp_path / "out")
    pictures(tmp_path / "in", count=16)
    after = prepare(tmp_path / "in", tmp_path / "out")
    assert len(after.cases) == 16
    assert set(before.cases) <= set(after.cases)
    assert "split-changed" not in {note.code for note in after.notes}


def test_another_seed_draws_anew(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=10)
    splits = [
        [case.split for case in prepare(tmp_path / "in", tmp_path / "out", Settings(seed=k)).cases] for k in (0, 1)
    ]
    assert splits[0] != splits[1]


def test_where_the_source_states_no_val_some_of_train_are_taken_for_it(tmp_path: Path) -> None:
    for part in ("train", "test"):
        pictures(tmp_path / "all", count=10)
        for number in range(0 if part == "train" else 7, 7 if part == "train" else 10):
            for kind in ("images", "masks"):
                home = tmp_path / "in" / part / kind
                home.mkdir(parents=True, exist_ok=True)
                (tmp_path / "all" / kind / f"p{number}.png").rename(home / f"p{number}.png")
    report = prepare(tmp_path / "in", tmp_path / "out")
    taken = report.counts["val"]
    assert (report.counts["train"] + taken, report.counts["test"]) == (7, 3)
    assert 0 < taken < 7
    assert f"{taken} of its 7 patients" in {note.code: note.message for note in report.notes}["val-from-train"]
    assert prepare(tmp_path / "in", tmp_path / "out").cases == report.cases


def test_images_of_one_patient_stay_on_one_side(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=10)
    rule = r"p(\d)"
    names = {f"p{number}": f"q{number % 3}p{number}" for number in range(10)}
    for old, new in names.items():
        for kind in ("images", "masks"):
            (tmp_path / "in" / kind / f"{old}.png").rename(tmp_path / "in" / kind / f"{new}.png")
    prepare(tmp_path / "in", tmp_path / "out", Settings(patients=rule.replace("p", "q", 1)))
    splits: dict[str, set[str]] = {}
    for record in manifest(tmp_path / "out"):
        splits.setdefault(record["patient"], set()).add(record["split"])
    assert len(splits) == 3
    assert all(len(parts) == 1 for parts in splits.values())
