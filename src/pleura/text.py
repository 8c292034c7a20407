"""Text made fit to be shown: what comes from files and their names, and numbers of things."""

from __future__ import annotations

import hashlib

_DIGITS = 16
"""Hexadecimal digits of a short hash: of a million texts two have one with a probability of 3e-8."""


def printable(text: str) -> str:
    r"""Return a text on one line that cannot steer a terminal.

    Control characters, line ends and marks of direction are spelt out as Python escapes them, as in ``\x1b``.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def quantity(count: int, singular: str, plural: str = "") -> str:
    """Return a number with what it counts, as "1 image" and "2 images"; `plural` is for what takes more than an s."""
    return f"{count} {singular if count == 1 else plural or singular + 's'}"


def duration(seconds: float) -> str:
    """Return seconds as words, in the unit that leaves one or two digits before the point."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 90 * 60 else f"{seconds / 3600:.1f} hours"


def short_hash(text: str) -> str:
    """Return hexadecimal digits that stand for a text, as the name of a folder for a path or a UID, on any system."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]
