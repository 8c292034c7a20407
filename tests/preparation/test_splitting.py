"""A patient's split follows from seed and patient, and every split gets one where there are enough."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

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
