"""The quality of one mask as data: the Dice to expect of each lung, what stands out and where, and a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from pleura.geometry import axial_order
from pleura.labels import BOTH_LUNGS
from pleura.volume import Note

Verdict = Literal["good", "check", "reject"]
"""What to do with a mask: use it, look at it before, or not use it."""

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
"""From the best to the worst."""

ADVICE: Mapping[Verdict, str] = {
    "good": "the mask looks right",
    "check": "look at the mask before you use it",
    "reject": "do not use this mask",
}
"""A verdict in plain words."""


@dataclass(frozen=True)
class ExpectedDice:
    """The Dice that a mask is expected to reach against a reference by a reader, 0 to 1.

    Attributes
    ----------
    expected : the estimate
    low, high : where nine in ten of such masks lie
    """

    expected: float
    low: float
    high: float


@dataclass(frozen=True)
class Flag(Note):
    """What stands out in a scan or its mask.

    Attributes
    ----------
    slices : where, as indices along the axis of the array that runs between head and feet, the worst first; empty
        where it concerns the whole
    """

    slices: tuple[int, ...] = ()


@dataclass(frozen=True)
class Quality:
    """How far a mask can be trusted.

    Attributes
    ----------
    verdict : "good", "check" or "reject"; `ADVICE` says what each asks for
    dice : structure -> the Dice to expect of it; "both lungs" besides where sides are distinguished. Empty where
        nothing was marked, where it is no chest, and of a model that was not calibrated
    flags : what stands out, the gravest first
    """

    verdict: Verdict
    dice: Mapping[str, ExpectedDice] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()

    @property
    def both(self) -> ExpectedDice | None:
        """The Dice to expect of all that was marked; None where none is known."""
        return whole_of(self.dice)

    def data(self) -> dict[str, object]:
        """Return it as plain data, ready for JSON."""
        return {
            "verdict": self.verdict,
            "dice": {name: vars(one).copy() for name, one in self.dice.items()},
            "flags": [{"code": one.code, "message": one.message, "slices": list(one.slices)} for one in self.flags],
        }


def whole_of(dice: Mapping[str, ExpectedDice]) -> ExpectedDice | None:
    """Return the Dice to expect of both lungs, or of the one structure there is; None where none is known."""
    return dice.get(BOTH_LUNGS) or next(iter(dice.values()), None)


def read_quality(sidecar: Mapping[str, Any]) -> Quality | None:
    """Return the quality that a sidecar states; None where it states none, or none that holds together."""
    try:
        found = sidecar["quality"]
        dice = {str(name): ExpectedDice(**one) for name, one in found["dice"].items()}
        flags = tuple(Flag(one["code"], one["message"], tuple(one["slices"])) for one in found["flags"])
        quality = Quality(VERDICTS[VERDICTS.index(found["verdict"])], dice, flags)
        count = _slice_count(sidecar["geometry"])
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        return None
    return quality if all(map(_are_shares, dice.values())) and all(_is_worded(one, count) for one in flags) else None


def _slice_count(geometry: Mapping[str, Any]) -> int:
    """Return how many slices the array of a sidecar's mask has between head and feet; a picture is one."""
    shape = [int(length) for length in geometry["shape"]]
    with np.errstate(all="ignore"):  # of a matrix that was edited
        axes, _ = axial_order(np.array(geometry["affine_lps"], np.float64))
    return 1 if len(shape) == 2 else shape[axes[0]]


def _are_shares(dice: ExpectedDice) -> bool:
    """Say whether a Dice that was read is of numbers from 0 to 1."""
    return all(isinstance(one, float | int) and 0 <= one <= 1 for one in vars(dice).values())


def _is_worded(flag: Flag, count: int) -> bool:
    """Say whether a flag that was read has words, and indices of so many slices."""
    words = isinstance(flag.code, str) and isinstance(flag.message, str)
    return words and all(isinstance(one, int) and 0 <= one < count for one in flag.slices)
