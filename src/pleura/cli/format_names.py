"""The names of formats as an argument of the command line."""

from __future__ import annotations

from argparse import ArgumentTypeError

from pleura.conventions import FORMAT_NAMES, MaskFormat


def given_formats(text: str) -> tuple[MaskFormat, ...]:
    """Return the formats of a list with commas between, each once.

    Raises
    ------
    ArgumentTypeError
        There is no format of a name.
    """
    known: dict[str, MaskFormat] = {name: name for name in FORMAT_NAMES}
    names = [name.strip() for name in text.split(",")]
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise ArgumentTypeError(f"there is no format {unknown!r}; choose from {', '.join(known)}")
    return tuple(dict.fromkeys(known[name] for name in names))
