"""Which scans a command line asks for, and where each result goes; decided before any work is begun."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from pleura.cli.folders import IMAGE_SUFFIX, scans_in
from pleura.errors import UnwritableOutput
from pleura.volume import Volume
from pleura.writing import SUFFIXES, is_ours, record_path, suffix_of

_RESULTS, _PICTURE = "lungs", "-preview.png"


@dataclass(frozen=True)
class Job:
    """One scan and its result: the `output` that was named, or a `stem` to which the fitting suffix is added."""

    source: Path
    output: Path | None = None
    stem: Path = Path(_RESULTS)

    def target(self, volume: Volume) -> Path:
        """Return the path of the mask: a PNG for a picture, compressed NIfTI otherwise, unless it was named."""
        suffix = ".png" if volume.planar else ".nii.gz"
        return self.output or self.stem.with_name(self.stem.name + suffix)


def plan(paths: Sequence[Path], output: Path | None, *, series: str | None = None) -> list[Job]:
    """Return the jobs of a command line.

    Parameters
    ----------
    paths : the positional arguments: inputs, or one INPUT and its OUTPUT where `output` is not given
    output : the value of `--output`: a file for one scan, a folder for any number
    series : the value of `--series`; a folder of which one series is wanted is one scan

    Raises
    ------
    UnwritableOutput
        It is not said where each result goes (`where-to`), or a named output would overwrite something that is not an
        earlier result (`output-is-input`, `output-exists`).
    """
    if output is None and len(paths) > 2:
        raise UnwritableOutput("for several scans, name a folder for the results with -o FOLDER", code="where-to")
    if output is None and len(paths) == 2:
        paths, output = paths[:1], paths[1]
        if not _names_a_file(output):
            raise UnwritableOutput(
                f"OUTPUT ends in one of {', '.join(SUFFIXES)}; for several scans, or for a folder, use -o FOLDER",
                code="where-to",
            )
    sources = list(paths) if series else [scan for path in paths for scan in scans_in(path)]
    if output is not None and _names_a_file(output):
        if len(sources) > 1:
            raise UnwritableOutput(
                f"{len(sources)} scans do not go into one file; use -o FOLDER, or --series for one", code="where-to"
            )
        guard([output, record_path(output)], identities(sources))
        return [Job(sources[0], output)]
    if output is None and sources == list(paths):
        return [Job(sources[0])]
    folder = output or Path(_RESULTS)
    return [Job(source, stem=folder / name) for source, name in zip(sources, _names(sources), strict=True)]


def identities(sources: Iterable[Path]) -> frozenset[tuple[int, int]]:
    """Return what tells files and folders apart whatever they are called: device and number of each that is there."""
    stats = [source.stat() for source in sources if source.exists()]
    return frozenset((stat.st_dev, stat.st_ino) for stat in stats)


def guard(files: Sequence[Path], inputs: frozenset[tuple[int, int]]) -> None:
    """Refuse to write over anything that is not an earlier result of ours: an input, or a file of other making.

    `inputs` are the `identities` of the former. Empty files, such as those made to reserve a name, are free to be
    written to.

    Raises
    ------
    UnwritableOutput
        With the code `output-is-input` or `output-exists`.
    """
    for file in files:
        if not file.exists() or (file.is_file() and not file.stat().st_size):
            continue
        if identities([file]) & inputs:
            raise UnwritableOutput(f"{file} is the input; name another output", code="output-is-input")
        if not is_ours(file):
            raise UnwritableOutput(
                f"{file} exists and is not an earlier result; name another output or remove it", code="output-exists"
            )


def picture_path(target: Path) -> Path:
    """Return where the preview of the mask at `target` lies."""
    return target.with_name(target.name[: -len(suffix_of(target))] + _PICTURE)


def _names_a_file(path: Path) -> bool:
    try:
        return bool(suffix_of(path)) and not path.is_dir()
    except UnwritableOutput:
        return False


def _names(sources: Sequence[Path]) -> list[str]:
    """Return a name for each result, after its source; equal ones are numbered."""
    names: dict[str, None] = {}
    for source in sources:
        whole = source.resolve().name if source.name in {"", ".."} else source.name
        stem = whole if source.is_dir() else IMAGE_SUFFIX.sub("", whole)
        numbered = (f"{stem}_{number}_{_RESULTS}" for number in count(2))
        names[next(name for name in chain([f"{stem}_{_RESULTS}"], numbered) if name not in names)] = None
    return list(names)
