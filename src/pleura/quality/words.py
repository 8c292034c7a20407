"""The Dice to expect as text, rounded so that what lies below a limit reads so."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from pleura.quality.limits import limit_above
from pleura.quality.record import Quality


@dataclass(frozen=True)
class DiceWords:
    """The Dice to expect of one structure as it is shown.

    Attributes
    ----------
    name : of the structure
    expected, low, high : with two decimals
    below : the limit of a verdict below which it lies; None where there is none
    """

    name: str
    expected: str
    low: str
    high: str
    below: float | None


def dice_text(expected: float, limit: float | None) -> str:
    """Return a Dice with two decimals, rounded down where it lies below `limit` and would not read so."""
    text = f"{expected:.2f}"
    if limit is None or not expected < limit <= float(text):
        return text
    return f"{math.floor(100.0 * expected) / 100.0:.2f}"


def dice_words(quality: Quality) -> Iterator[DiceWords]:
    """Yield the Dice to expect of each structure, and of both lungs."""
    for name, dice in quality.dice.items():
        limit = limit_above(dice.expected, of_one_lung=dice is not quality.both)
        below = limit.below if limit else None
        yield DiceWords(name, dice_text(dice.expected, below), f"{dice.low:.2f}", f"{dice.high:.2f}", below)


def below_limits(quality: Quality) -> list[str]:
    """Return what is said of each structure whose Dice to expect is below the limit of a verdict."""
    return [
        f"the Dice to expect of {one.name}, {one.expected}, is below {one.below:.2f}"
        for one in dice_words(quality)
        if one.below is not None
    ]
