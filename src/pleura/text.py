"""Text made fit to be shown: what comes from files and their names, and numbers of things."""

from __future__ import annotations


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
