"""Numbers as arguments of the command line."""

from __future__ import annotations

import math
from argparse import ArgumentTypeError
from collections.abc import Callable

_MOST_DIGITS = 9
"""Of a whole number; beyond, it is no count of anything, and Python refuses to read some thousands of digits."""


def whole_number(text: str) -> int:
    """Return a whole number, 1 or more.

    Raises
    ------
    ArgumentTypeError
        The text is none, or has more than nine digits.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text)):
        raise ArgumentTypeError(f"{text!r} is not a whole number, 1 or more")
    return int(text)


def share(text: str) -> float:
    """Return a number from 0 to 1.

    Raises
    ------
    ArgumentTypeError
        The text is none.
    """
    value = _number(text)
    if not 0.0 <= value <= 1.0:
        raise ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def number_list(count: int) -> Callable[[str], tuple[float, ...]]:
    """Return a function that reads so many finite numbers with commas, or `x`, between."""

    def parse(text: str) -> tuple[float, ...]:
        try:
            values = tuple(float(part) for part in text.replace("x", ",").split(","))
        except ValueError:
            values = ()
        if len(values) != count or not all(map(math.isfinite, values)):
            raise ArgumentTypeError(f"{text!r} is not {count} numbers with commas between")
        return values

    return parse


def rows_and_columns(text: str) -> tuple[int, int]:
    """Return two whole numbers of pixels."""
    rows, columns = number_list(2)(text)
    return int(rows), int(columns)


def seconds(text: str) -> float:
    """Return a finite number above 0.

    Raises
    ------
    ArgumentTypeError
        The text is none.
    """
    value = _number(text)
    if not (math.isfinite(value) and value > 0.0):
        raise ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


def shard(text: str) -> tuple[int, int]:
    """Return which part of how many, as ``3/16`` says it.

    Raises
    ------
    ArgumentTypeError
        The text is none.
    """
    part, _, count = text.partition("/")
    try:
        found = whole_number(part), whole_number(count)
    except ArgumentTypeError:
        found = 1, 0
    if found[0] > found[1]:
        raise ArgumentTypeError(f"{text!r} is not one part of several, as 3/16")
    return found


def _number(text: str) -> float:
    """Return a number, or one that is none where the text is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan
