"""What may be written over: never an input, and never a file of other making."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pleura.errors import UnwritableOutput
from pleura.writing.earlier import refuse_to_replace


def identities(sources: Iterable[Path]) -> frozenset[tuple[int, int]]:
    """Return what identifies files and folders whatever they are called: device and number of each that is there."""
    stats = [source.stat() for source in sources if source.exists()]
    return frozenset((stat.st_dev, stat.st_ino) for stat in stats)


def refuse_to_overwrite(files: Sequence[Path], inputs: frozenset[tuple[int, int]]) -> None:
    """Refuse to write over an input, or a file of other making.

    Parameters
    ----------
    files : a mask, its sidecar, or what else is written
    inputs : the `identities` of the inputs

    Raises
    ------
    UnwritableOutput
        With the code `output-is-input` or `output-exists`.
    """
    for file in files:
        if file.exists() and identities([file]) & inputs and file.stat().st_size:
            raise UnwritableOutput(f"{file} is the input; name another output", code="output-is-input")
        refuse_to_replace(file)
