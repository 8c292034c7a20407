"""Text that comes from files and their names, made fit to be shown."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Return a text on one line that cannot steer a terminal.

    Control characters, line ends and marks of direction are spelt out as Python escapes them, as in ``\x1b``.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
