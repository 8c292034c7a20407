"""Patients are drawn by a seed, to the shares, and every part gets one where there are enough."""

from __future__ import annotations

from collections import Counter

import pytest

from pleura.preparation.splitting import DEFAULT_SHARES, assign_splits


def counts(total: int, shares: tuple[float, float, float] = DEFAULT_SHARES, seed: int = 0) -> tuple[int, int, int]:
    found = Counter(assign_splits([f"patient {k}" for k in range(total)], seed, shares, {}).values())
    return found["train"], found["val"], found["test"]


@pytest.mark.parametrize(
    ("total", "expected"),
    [(0, (0, 0, 0)), (1, (1, 0, 0)), (2, (1, 1, 0)), (3, (1, 1, 1)), (8, (6, 1, 1)), (20, (14, 3, 3))],
)
def test_counts_follow_the_shares_and_no_part_is_empty_from_three_on(
    total: int, expected: tuple[int, int, int]
) -> None:
    assert all(counts(total, seed=seed) == expected for seed in range(20))


def test_parts_without_a_share_get_nobody() -> None:
    assert counts(5, (1, 0, 0)) == (5, 0, 0)
    assert counts(2, (0, 0.5, 0.5)) == (0, 1, 1)
    assert counts(1, (0, 0.5, 0.5)) == (0, 1, 0)


def test_who_is_drawn_depends_on_the_seed_and_not_on_the_order() -> None:
    patients = [f"patient {k}" for k in range(30)]
    first = assign_splits(patients, 0, DEFAULT_SHARES, {})
    assert assign_splits(patients[::-1], 0, DEFAULT_SHARES, {}) == first
    assert assign_splits(patients, 1, DEFAULT_SHARES, {}) != first


def test_those_who_are_settled_stay_and_the_others_make_up_for_them() -> None:
    patients = [f"patient {k}" for k in range(10)]
    settled = dict.fromkeys(patients[:4], "test")
    found = assign_splits(patients, 0, DEFAULT_SHARES, settled)
    assert settled.items() <= found.items()
    # test has more than its share, so the six others go to train and val, 0.7 to 0.15
    assert Counter(found.values()) == {"train": 5, "val": 1, "test": 4}
