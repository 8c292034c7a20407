"""Warnings that are known already become flags, and flags and Dice a verdict."""

from __future__ import annotations

import pytest

from pleura.quality.flags import flags_of, verdict_of
from pleura.quality.record import ExpectedDice, Flag
from pleura.volume import Note


def test_warnings_that_say_something_of_the_mask_are_flags() -> None:
    notes = [Note("cut-off", "lung reaches the edge"), Note("solid-tissue", "12 % is solid")]
    assert flags_of(notes) == [Flag("solid-tissue", "12 % is solid")]


@pytest.mark.parametrize(
    ("codes", "expected", "verdict"),
    [
        ((), 0.98, "good"),
        ((), 0.9, "check"),
        ((), 0.5, "reject"),
        (("one-lung",), 0.98, "check"),
        (("one-lung", "not-a-chest"), 0.98, "reject"),
    ],
)
def test_the_worst_of_flags_and_dice_is_the_verdict(codes: tuple[str, ...], expected: float, verdict: str) -> None:
    flags = [Flag(code, "") for code in codes]
    assert verdict_of(flags, ExpectedDice(expected, expected, expected)) == verdict


def test_where_nothing_was_marked_the_flags_decide() -> None:
    assert verdict_of([Flag("no-lung", "")], None) == "check"
