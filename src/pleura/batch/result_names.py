"""What results are called: after their inputs, and never two the same, whatever else is segmented with them.

A name does not depend on the order in which inputs are given, so that a run that goes on finds the results of the one
before. Inputs of one name are distinguished by the folders they lie in, else by their suffixes.
"""

from __future__ import annotations

import os
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from pleura.file_format import without_suffix
from pleura.reading.walk import resolve_dicomdir


@dataclass(frozen=True)
class ResultName:
    """What a result may be called.

    Attributes
    ----------
    parts : of the absolute path of the input, its suffix left out
    suffix : what was left out
    depth : how many of the last parts make up the name
    """

    parts: tuple[str, ...]
    suffix: str
    depth: int

    @classmethod
    def of(cls, source: Path, *, depth: int = 1, series: int | None = None) -> ResultName:
        """Return the name of an input, which need not exist.

        Parameters
        ----------
        depth : parts of the path below the folder that was given
        series : its number, where each series of the input has a result
        """
        path = Path(os.path.normpath(resolve_dicomdir(source).absolute()))
        stem = path.name if path.is_dir() else without_suffix(path.name)
        suffix = "" if path.is_dir() else path.name[len(stem) :]
        number = f"_series{series}" if series else ""
        return cls((*path.parts[1:-1], stem + number), suffix, max(depth, 1))

    @property
    def name(self) -> str:
        """The name as it stands."""
        return "_".join(self.parts[-self.depth :])

    @property
    def whole(self) -> str:
        """The longest name there is; folders cannot distinguish those that are equal."""
        return "_".join(self.parts)

    def with_suffix(self) -> ResultName:
        """Return the same with the suffix of the input as a part of the name."""
        return replace(self, parts=(*self.parts[:-1], self.parts[-1] + self.suffix.replace(".", "_")), suffix="")


def distinct_names(found: Sequence[ResultName]) -> list[str]:
    """Return a name for each result, no two the same, on discs that ignore case either."""
    twins = Counter(one.parts for one in found)
    found = [one.with_suffix() if twins[one.parts] > 1 else one for one in found]
    while longer := _alike(found):
        found = [replace(one, depth=one.depth + 1) if k in longer else one for k, one in enumerate(found)]
    return _numbered(found)


def _alike(found: Sequence[ResultName]) -> set[int]:
    """Return which names are those of others too, and would not be with more folders in them."""
    called: dict[str, list[int]] = defaultdict(list)
    for k, one in enumerate(found):
        called[one.name].append(k)
    groups = [group for group in called.values() if len({found[k].whole for k in group}) > 1]
    return {k for group in groups for k in group if found[k].depth < len(found[k].parts)}


def _numbered(found: Sequence[ResultName]) -> list[str]:
    """Return the names, with numbers in the order of their paths where nothing else distinguishes them."""
    names: dict[int, str] = {}
    taken: set[str] = set()
    for k in sorted(range(len(found)), key=lambda k: found[k].parts):
        names[k] = next(name for name in _candidates(found[k].name) if _folded(name) not in taken)
        taken.add(_folded(names[k]))
    return [names[k] for k in range(len(found))]


def _candidates(name: str) -> Iterable[str]:
    yield name
    yield from (f"{name}_{number}" for number in count(2))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
