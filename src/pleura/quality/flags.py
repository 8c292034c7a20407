"""What stands out in a scan or its mask, as flags, and the verdict that follows from them and from the Dice to expect.

Much of it is known already: warnings of a mask, and notes of the reader, are flags where they say something of the
mask. Signals that let expect an error of their own are flags with the slices where that lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pleura.quality.limits import limit_above
from pleura.quality.record import VERDICTS, ExpectedDice, Flag, Verdict, whole_of
from pleura.quality.signals import Signal
from pleura.volume import Note

NOT_A_CHEST = "not-a-chest"
"""Code of the warning of what is none."""

SEVERITY: dict[str, Verdict] = {
    "inverted": "reject",
    NOT_A_CHEST: "reject",
    "axes-doubtful": "reject",
    "modality-doubtful": "reject",
    "greys-doubtful": "reject",
    "hu-doubtful": "check",
    "no-lung": "check",
    "one-lung": "check",
    "unequal-lungs": "check",
    "mirrored": "check",
    "flipped": "check",
    "solid-tissue": "good",
    "air-without-vessels": "check",
    "part-in-air": "check",
    "modality-unsure": "check",
}
"""What a warning or a note alone makes of a mask, the gravest first. What is not listed says nothing of the mask: lungs
that are cut, for instance, are marked as well as whole ones. Solid tissue, which may be disease, is a flag that counts
by the Dice to expect: where it asked for a look by itself, 8 more of 26 good whole scans did, most with pneumonia, and
of the masks that reached less than 0.90 not one more."""

NOT_CALIBRATED = Flag(
    "not-calibrated", "how far masks of this model agree with a reader's was not measured: no Dice is expected"
)
"""What is said of a mask by a network that the calibration was not made with."""

SIGNAL_FLAGS = {
    "uncertain": ("uncertain-mask", "the network is unsure of much of it"),
    "uneven": (
        "uneven-outline",
        "one lung reaches less far than the other: lung without air may be missing",
    ),
    "border_in_air": ("border-in-air", "its border runs through air: lung may be missing, or other air is marked"),
    "border_in_tissue": ("border-in-tissue", "its border runs through solid tissue: what is marked may be no lung"),
    "border_reversed": ("border-reversed", "it is brighter inside than outside along much of its border"),
    "solid": ("solid-inside", "much of it is solid: disease, or fluid, liver or heart that was marked"),
    "empty": ("empty-inside", "much of it is air without vessels: a pneumothorax, which is no lung, or emphysema"),
    "air_left_out": ("air-left-out", "there is much air inside the body beside it: lung may be missing"),
    "unsteady": ("unsteady-slices", "it changes from slice to slice and back"),
    "disagreement": ("unlike-mirrored", "the network marks its mirror image otherwise"),
    "bases": ("uneven-bases", "one lung ends far above the other: its base may be missing"),
}
"""Signal -> code and words of its flag."""

LEAST_ERROR = 0.02
"""Error that a signal lets expect by itself from which on it is a flag: what two readers differ by."""


def known_flags(notes: Iterable[Note]) -> list[Flag]:
    """Return warnings and notes that say something of the mask as flags, the gravest first."""
    order = list(SEVERITY)
    found = [Flag(note.code, note.message) for note in notes if note.code in SEVERITY]
    return sorted(found, key=lambda flag: order.index(flag.code))


def signal_flags(
    signals: Mapping[str, Signal], contributions: Mapping[str, float], slices: NDArray[np.intp]
) -> list[Flag]:
    """Return the signals that let expect an error of `LEAST_ERROR` or more as flags, the gravest first.

    Parameters
    ----------
    contributions : signal -> error that it lets expect
    slices : which slices of the array the amounts of the signals are of
    """
    grave = sorted((name for name, error in contributions.items() if error >= LEAST_ERROR), key=contributions.get)  # type: ignore[arg-type]
    known = [name for name in reversed(grave) if name in SIGNAL_FLAGS]
    return [Flag(*SIGNAL_FLAGS[name], where(signals[name].amounts, slices)) for name in known]


def where(amounts: NDArray[np.float64], slices: NDArray[np.intp]) -> tuple[int, ...]:
    """Return the fewest slices that hold half of the amounts, the most first; none where it is not known."""
    if not amounts.sum() > 0:
        return ()
    order = np.argsort(-amounts, kind="stable")
    count = int(np.searchsorted(np.cumsum(amounts[order]), amounts.sum() / 2)) + 1
    return tuple(int(slices[index]) for index in order[:count])


def verdict_of(flags: Sequence[Flag], dice: Mapping[str, ExpectedDice]) -> Verdict:
    """Return the worst of what flags, the Dice to expect of all and that of each lung make of a mask.

    Signals count by that Dice; where none is expected, each flag asks for a look by itself.
    """
    least: Verdict = "good" if dice else "check"
    severities = [SEVERITY.get(flag.code, least) for flag in flags if flag != NOT_CALIBRATED]
    found = [max(severity, least, key=VERDICTS.index) for severity in severities]
    whole = whole_of(dice)
    limits = [limit_above(one.expected, of_one_lung=one is not whole) for one in dice.values()]
    found += [limit.verdict for limit in limits if limit]
    return max(found, key=VERDICTS.index, default="good")
