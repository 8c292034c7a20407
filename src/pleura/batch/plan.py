"""Which scans a command line asks for, and where each result goes; decided before any work is begun."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pleura.batch.discover import Discovery, discover
from pleura.batch.overwrite import identities, refuse_to_overwrite
from pleura.batch.result_names import ResultName, distinct_names
from pleura.conventions import MaskFormat
from pleura.errors import PleuraError, UnwritableOutput
from pleura.file_format import Format, detect_format
from pleura.reading import survey_path
from pleura.reading.walk import resolve_dicomdir
from pleura.volume import Note, Volume
from pleura.writing import FORMATS, SUFFIXES, format_of, sidecar_path, suffix_of

if TYPE_CHECKING:
    from pleura.reading.survey import SeriesSummary

_RESULTS, _PREVIEW, _PAGE, _PDF = "lungs", "-preview.png", ".html", ".pdf"
_UID = re.compile(r"\d+(\.\d+){3,}(#\d+)?")
"""A series UID or key; `1.0` may be a part of a description."""
ALL_SERIES = "all"
"""The value of `--series` that asks for each of them."""


@dataclass(frozen=True)
class Job:
    """One scan and its result.

    Attributes
    ----------
    source : what is read
    given : the same as the command line names it
    output : the file that was named for the result, or None
    stem : where no file was named: the result, to which the fitting suffix is added
    series : key of the series to read; None to choose
    number : of that series among those of the source, where each of them is a scan
    formats : what is written; where it is empty, what the name of `output` says, or what suits the scan
    notes : what is to be said of the input
    """

    source: Path
    given: str
    output: Path | None = None
    stem: Path = Path(_RESULTS)
    series: str | None = None
    number: int | None = None
    formats: tuple[MaskFormat, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def named(self) -> str:
        """The input as the command line names it, with the number of its series where each is a scan."""
        return self.given if self.number is None else f"{self.given} (series {self.number})"

    def targets(self, volume: Volume) -> dict[MaskFormat, Path]:
        """Return format -> path of what is written: a PNG of a picture, compressed NIfTI otherwise, unless named."""
        if self.output is not None:
            return {format_of(self.output, *self.formats): self.output}
        usual: MaskFormat = "png" if volume.is_picture else "nifti"
        return {name: self._beside_stem(FORMATS[name].ending) for name in self.formats or (usual,)}

    @property
    def preview(self) -> Path:
        """Where the picture of the result lies."""
        return self._beside_mask(_PREVIEW)

    @property
    def page(self) -> Path:
        """Where the page of the result lies."""
        return self._beside_mask(_PAGE)

    @property
    def pdf(self) -> Path:
        """Where the page lies as PDF."""
        return self._beside_mask(_PDF)

    def writes(self, name: MaskFormat) -> bool:
        """Say whether a format is asked for; one that is not named only suits the scan by itself."""
        return name in self.formats or (self.output is not None and name == format_of(self.output, *self.formats))

    def _beside_mask(self, ending: str) -> Path:
        if self.output is not None:
            return self.output.with_name(self.output.name[: -len(suffix_of(self.output))] + ending)
        return self._beside_stem(ending)

    def _beside_stem(self, ending: str) -> Path:
        return self.stem.with_name(self.stem.name + ending)


def plan(
    given: Sequence[str], output: Path | None, *, series: str | None = None, formats: Sequence[MaskFormat] = ()
) -> list[Job]:
    """Return the jobs of a command line; an input that is named twice is one.

    Parameters
    ----------
    given : the positional arguments: inputs, or one INPUT and its OUTPUT where `output` is not given
    output : the value of `--output`: a file for one scan, a folder for any number
    series : the value of `--series`; `all` makes each series of a study a scan
    formats : the value of `--to`

    Raises
    ------
    UnwritableOutput
        It is not said where each result goes (`where-to`), the name of an output is not one of its format
        (`unknown-suffix`), or it would overwrite something that is not an earlier result (`output-is-input`,
        `output-exists`).
    """
    if output is None and len(given) > 2:
        raise UnwritableOutput("for several scans, name a folder for the results with -o FOLDER", code="where-to")
    if output is None and len(given) == 2:
        given, output = given[:1], Path(given[1])
        if not _names_a_file(output):
            raise UnwritableOutput(
                f"OUTPUT ends in one of {', '.join(SUFFIXES)}; for several scans, or for a folder, use -o FOLDER",
                code="where-to",
            )
    jobs, names = zip(*_scans(given, series), strict=True)
    if output is not None and _names_a_file(output):
        if len(jobs) > 1:
            text = f"{len(jobs)} scans do not go into one file: {_listed(jobs)}; use -o FOLDER, or name one of them"
            raise UnwritableOutput(text, code="where-to")
        if len(formats) > 1:
            text = f"{', '.join(formats)} do not go into one file; name a folder for them with -o FOLDER"
            raise UnwritableOutput(text, code="where-to")
        format_of(output, *formats)
        refuse_to_overwrite([output, sidecar_path(output)], identities([jobs[0].source]))
        return [replace(jobs[0], output=output, formats=tuple(formats))]
    alone = len(jobs) == 1 and jobs[0].given == given[0]
    folder = output or Path("" if alone else _RESULTS)
    stems = (folder / f"{name}_{_RESULTS}" for name in distinct_names(names))
    return [replace(job, stem=stem, formats=tuple(formats)) for job, stem in zip(jobs, stems, strict=True)]


def scans(given: Sequence[str]) -> list[Job]:
    """Return each scan of the inputs once, without a place for its result."""
    return [job for job, _ in _scans(given, None)]


def _scans(given: Sequence[str], series: str | None) -> Iterator[tuple[Job, ResultName]]:
    """Give each scan once, with what its result may be called."""
    seen: set[tuple[str, str | None]] = set()
    for root in given:
        folder, found = resolve_dicomdir(Path(root)), _discovered(Path(root), series)
        for source in found.scans:
            inside = source.relative_to(folder) if source.is_relative_to(folder) else Path()
            name = str(Path(folder if folder != Path(root) else root, inside)) if inside.parts else root
            for job in _each_series(Job(source, name, series=series, notes=found.notes)):
                key = (os.path.normpath(source.absolute()), job.series)
                if key not in seen:
                    seen.add(key)
                    yield job, ResultName.of(source, depth=len(inside.parts), series=job.number)


def _discovered(root: Path, series: str | None) -> Discovery:
    """Return the scans of an input; where a series is wanted, the studies, or all that is there for one UID."""
    found = discover(root, one_scan=bool(series and _UID.fullmatch(series)))
    if series == ALL_SERIES:
        return replace(found, scans=_without_files_of_folders(found.scans))
    if series is not None:
        return replace(found, scans=tuple(scan for scan in found.scans if scan.is_dir()) or (root,))
    return found


def _without_files_of_folders(found: Sequence[Path]) -> tuple[Path, ...]:
    """Return the scans without DICOM files in the folders among them, whose series hold these files already."""
    folders = {scan for scan in found if scan.is_dir()}
    return tuple(scan for scan in found if not (folders.intersection(scan.parents) and _is_dicom(scan)))


def _is_dicom(file: Path) -> bool:
    try:
        return file.is_file() and detect_format(file) == (Format.DICOM, False)
    except (PleuraError, OSError):
        return False


def _each_series(job: Job) -> list[Job]:
    """Return a job for each CT series and radiograph where all are wanted; what holds none is one job as it is."""
    if job.series != ALL_SERIES:
        return [job]
    try:
        dicom = job.source.is_dir() or detect_format(job.source)[0] in {Format.DICOM, Format.ZIP}
        found = survey_path(job.source).series if dicom else ()
    except (PleuraError, OSError):
        found = ()
    parts = [replace(job, series=one.key or str(one.number), number=one.number) for one in found if one.suitable]
    if not parts or not dicom:
        return [replace(job, series=None)]
    return [replace(parts[0], notes=(*job.notes, *_skipped_series(found))), *parts[1:]]


def _skipped_series(found: Sequence[SeriesSummary]) -> tuple[Note, ...]:
    """Return a note that counts, by the reason, the series that are no scan."""
    reasons = Counter(one.problems[0].code for one in found if not one.suitable)
    if not reasons:
        return ()
    listed = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    text = f"of {len(found)} series {reasons.total()} cannot be segmented: {listed}; pleura info lists them"
    return (Note("series-left-out", text),)


def _listed(jobs: Sequence[Job]) -> str:
    first = [job.named for job in jobs[:4]]
    return ", ".join(first) + (", ..." if len(jobs) > len(first) else "")


def _names_a_file(path: Path) -> bool:
    try:
        return bool(suffix_of(path)) and not path.is_dir()
    except UnwritableOutput:
        return False
