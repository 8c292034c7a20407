"""A Dice below a limit reads as one below it, however near it lies, and the limit is named."""

from __future__ import annotations

import pytest

from pleura.quality import ExpectedDice, Quality
from pleura.quality.limits import limit_above
from pleura.quality.words import below_limits, dice_text, dice_words


@pytest.mark.parametrize(
    ("expected", "text"), [(0.9499, "0.94"), (0.95, "0.95"), (0.7461, "0.74"), (0.9449, "0.94"), (0.9351, "0.94")]
)
def test_what_is_below_a_limit_reads_so(expected: float, text: str) -> None:
    limit = limit_above(expected)
    assert dice_text(expected, limit.below if limit else None) == text


def test_only_what_would_read_as_the_limit_is_rounded_down() -> None:
    assert dice_text(0.989, 0.99) == "0.98"
    assert dice_text(0.989, 0.995) == "0.99"
    assert dice_text(0.989, None) == "0.99"


def test_lungs_have_a_limit_of_their_own_and_each_that_is_below_is_named() -> None:
    dice = {name: ExpectedDice(one, 0.8, 0.97) for name, one in (("right lung", 0.93), ("left lung", 0.8996))}
    quality = Quality("check", {**dice, "both lungs": ExpectedDice(0.9496, 0.8, 0.97)})
    assert [(one.name, one.expected, one.below) for one in dice_words(quality)] == [
        ("right lung", "0.93", None),
        ("left lung", "0.89", 0.9),
        ("both lungs", "0.94", 0.95),
    ]
    assert below_limits(quality) == [
        "the Dice to expect of left lung, 0.89, is below 0.90",
        "the Dice to expect of both lungs, 0.94, is below 0.95",
    ]
