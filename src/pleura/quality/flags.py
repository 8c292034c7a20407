"""What stands out in a scan or its mask, as flags, and the verdict that follows from them and from the Dice to expect.

Most of it is known already: each warning of a mask is a flag. What a note of the reader says counts where a mask that
follows from it cannot be trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pleura.quality.record import VERDICTS, ExpectedDice, Flag, Verdict
from pleura.volume import Note

SEVERITY: dict[str, Verdict] = {
    "not-a-chest": "reject",
    "axes-doubtful": "reject",
    "modality-doubtful": "reject",
    "greys-doubtful": "reject",
    "no-lung": "check",
    "one-lung": "check",
    "unequal-lungs": "check",
    "mirrored": "check",
    "flipped": "check",
    "solid-tissue": "check",
    "air-without-vessels": "check",
    "part-in-air": "check",
    "modality-unsure": "check",
    "hu-doubtful": "check",
}
"""What a flag alone makes of a mask, by its code; any other leaves it good."""

REJECT_BELOW, CHECK_BELOW = 0.8, 0.93
"""Expected Dice below which a mask is not to be used, and below which it is to be looked at."""


def flags_of(notes: Iterable[Note]) -> list[Flag]:
    """Return notes and warnings that say something of the quality of a mask as flags."""
    return [Flag(note.code, note.message) for note in notes if note.code in SEVERITY]


def verdict_of(flags: Sequence[Flag], expected: ExpectedDice | None) -> Verdict:
    """Return the worst of what flags and the Dice to expect make of a mask."""
    found = [SEVERITY.get(flag.code, "good") for flag in flags]
    if expected is not None and expected.expected < CHECK_BELOW:
        found.append("reject" if expected.expected < REJECT_BELOW else "check")
    return max(found, key=VERDICTS.index, default="good")
