"""The limits of the verdict: from which Dice to expect on a mask is to be looked at, or not to be used."""

from __future__ import annotations

from typing import NamedTuple

from pleura.quality.record import Verdict


class Limit(NamedTuple):
    """A Dice to expect, and the verdict on a mask of which less is expected."""

    below: float
    verdict: Verdict


_OF_WHOLE = (Limit(0.75, "reject"), Limit(0.95, "check"))
"""A mask is not to be used where two fifths of what it and a reference cover together would not be shared, and is to be
looked at below 0.95. Of good masks of undisturbed scans, 45 slices in HU, 43 in greys, 26 whole scans and 63
radiographs, 0, 1, 2 and 2 lie below 0.95; of 154 masks of CT that reached less than 0.90 all but 5 do."""

_OF_ONE_LUNG = (Limit(0.90, "check"),)
"""The same of one lung of two, of which less is known: of 208 masks of CT with a lung below 0.90 it finds 8 more, and
among 114 good ones of undisturbed scans it raises one alarm more."""


def limit_above(expected: float, *, of_one_lung: bool = False) -> Limit | None:
    """Return the lowest limit that a Dice lies below; None where there is none."""
    return next((limit for limit in (_OF_ONE_LUNG if of_one_lung else _OF_WHOLE) if expected < limit.below), None)
