"""Warnings that are known already, and signals that exceed what is normal, become flags, and flags a verdict."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.quality.flags import SEVERITY, SIGNAL_FLAGS, known_flags, signal_flags, verdict_of, where
from pleura.quality.record import ExpectedDice, Flag
from pleura.quality.signals import MIRRORED, NAMES, Signal
from pleura.volume import Note

SLICES = np.arange(10, 14)


def test_warnings_that_say_something_of_the_mask_are_flags_the_gravest_first() -> None:
    notes = [Note("cut-off", "..."), Note("solid-tissue", "12 % is solid"), Note("not-a-chest", "a head")]
    assert known_flags(notes) == [Flag("not-a-chest", "a head"), Flag("solid-tissue", "12 % is solid")]


def test_every_signal_has_words_and_a_code_of_its_own() -> None:
    assert set(SIGNAL_FLAGS) == {*NAMES, MIRRORED}
    codes = {code for code, _ in SIGNAL_FLAGS.values()}
    assert len(codes) == len(SIGNAL_FLAGS)
    assert not codes & set(SEVERITY)


def test_signals_that_let_expect_an_error_are_flags_with_the_slices_that_hold_half_of_it() -> None:
    signals = {name: Signal(0.1, np.array([1.0, 0.0, 5.0, 3.0])) for name in NAMES}
    found = signal_flags(signals, {"solid": 0.03, "uneven": 0.1, "empty": 0.01, "one-lung": 0.1}, SLICES)
    assert [(flag.code, flag.slices) for flag in found] == [("uneven-outline", (12,)), ("solid-inside", (12,))]


def test_fewest_slices_that_hold_half_are_named_the_worst_first() -> None:
    assert where(np.array([3.0, 0.0, 2.0, 4.0]), SLICES) == (13, 10)
    assert where(np.zeros(0), SLICES) == where(np.zeros(4), SLICES) == ()


@pytest.mark.parametrize(
    ("codes", "expected", "verdict"),
    [
        ((), 0.98, "good"),
        ((), 0.9, "check"),
        ((), 0.5, "reject"),
        (("one-lung",), 0.98, "check"),
        (("one-lung", "inverted"), 0.98, "reject"),
        (("uneven-outline",), 0.95, "good"),
        (("solid-tissue",), 0.98, "good"),  # pneumonia: the Dice to expect says whether the mask is any worse for it
        (("solid-tissue",), 0.9, "check"),
    ],
)
def test_the_worst_of_flags_and_dice_is_the_verdict(codes: tuple[str, ...], expected: float, verdict: str) -> None:
    flags = [Flag(code, "") for code in codes]
    assert verdict_of(flags, {"both lungs": ExpectedDice(expected, expected, expected)}) == verdict


def test_the_worse_lung_counts_where_both_as_one_are_good() -> None:
    both, right = ExpectedDice(0.98, 0.96, 0.99), ExpectedDice(0.89, 0.6, 0.98)
    assert verdict_of([], {"right lung": right, "left lung": both, "both lungs": both}) == "check"
    assert verdict_of([], {"right lung": both, "left lung": both, "both lungs": both}) == "good"


def test_where_nothing_was_marked_the_flags_decide() -> None:
    assert verdict_of([Flag("no-lung", "")], {}) == "check"


def test_where_no_dice_is_expected_each_flag_asks_for_a_look() -> None:
    assert verdict_of([Flag("solid-tissue", "")], {}) == verdict_of([Flag("uneven-outline", "")], {}) == "check"
    assert verdict_of([Flag("not-a-chest", "")], {}) == "reject"
