"""What a path holds, series by series, without segmenting and mostly without pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pleura.errors import AmbiguousInput, Choice, PleuraError
from pleura.geometry import axial_order, spacing_of
from pleura.modality.resolve import resolve_kind
from pleura.reading import intensity
from pleura.reading.checks import grid_notes
from pleura.reading.damage import damage_as_error
from pleura.reading.dicom.ct import drop_duplicates
from pleura.reading.dicom.discover import find_series
from pleura.reading.dicom.geometry import group_by_position, stack
from pleura.reading.dicom.pixels import read_plane
from pleura.reading.dicom.radiograph import read_radiograph
from pleura.reading.dicom.series import Series, choose
from pleura.reading.dicom.sop_classes import class_name
from pleura.volume import Identity, Kind, Note, Spacing, Volume

_PLANES = ("axial", "coronal", "sagittal")


@dataclass(frozen=True)
class SeriesSummary:
    """One stack of slices, or one volume or picture of another format.

    Attributes
    ----------
    number : its place, from 1
    key : what `series=` takes to read it; empty where the format has no series
    kernel : of the reconstruction; empty where it is not known
    kind : "hu", "windowed", "radiograph", or "unknown" where the values do not tell
    shape : slices, rows, columns; None where it is no image
    spacing : millimetres along the axes of `shape`, or None where they are not known
    modality : as the header states it; of a single slice without a header, CT or CR as it looks; empty where uncertain
    orientation : "axial", "coronal" or "sagittal", whichever the slices are closest to; or empty
    coverage : millimetres along the body, or None
    problems : what was noted, or why it cannot be read
    suitable : True where it is the kind of object that is read, whatever its geometry
    usable : True where `pleura.read` would read it
    """

    format: str
    number: int
    key: str
    kernel: str
    modality: str
    object: str
    transfer_syntax: str
    kind: str
    shape: tuple[int, int, int] | None
    spacing: Spacing | None
    orientation: str
    coverage: float | None
    problems: tuple[Note, ...]
    suitable: bool
    usable: bool


@dataclass(frozen=True)
class Survey:
    """What a path holds.

    Attributes
    ----------
    series : the largest first
    choices : the same as they are listed to choose from; empty where the format has no series
    chosen : the key of the series that would be read, or None where none is or the caller has to choose
    notes : on the choice, and on files left out
    """

    series: tuple[SeriesSummary, ...]
    choices: tuple[Choice, ...]
    chosen: str | None
    notes: tuple[Note, ...]

    @property
    def usable(self) -> bool:
        """True where something can be segmented, be it after a choice."""
        return any(series.usable for series in self.series)

    def data(self) -> dict[str, object]:
        """Return the same as plain data, without the descriptions that are in `choices`."""
        return {key: value for key, value in asdict(self).items() if key != "choices"}


def survey_files(paths: Sequence[Path]) -> Survey:
    """Survey DICOM files.

    Raises
    ------
    UnreadableInput : no file is DICOM
    """
    found, notes = find_series(paths)
    chosen: str | None = None
    try:
        series, choice = choose(found, None)
        chosen, notes = series.key, (*notes, *choice)
    except AmbiguousInput as error:
        notes = (*notes, Note(error.code, error.args[0]))
    except PleuraError as error:
        notes = (*notes, Note(error.code, str(error)))
    choices = tuple(series.choice for series in found)
    return Survey(tuple(_summary(series) for series in found), choices, chosen, notes)


def survey_volume(volume: Volume) -> Survey:
    """Survey a volume of another format; a single slice is looked at, as it is before it is segmented."""
    volume, warnings = resolve_kind(volume)
    projected = volume.kind is Kind.RADIOGRAPH
    axes, _ = axial_order(volume.affine)
    step = volume.spacing[axes[0]] if volume.spacing_known and not projected else None
    summary = SeriesSummary(
        format=volume.identity.format,
        number=1,
        key="",
        kernel="",
        modality="" if warnings or volume.shape[0] > 1 else "CR" if projected else "CT",
        object="picture" if volume.is_picture else "volume",
        transfer_syntax="",
        kind=volume.kind.value,
        shape=volume.shape,
        spacing=volume.spacing if volume.spacing_known else None,
        orientation="" if warnings or projected else _PLANES[axes.index(0)],
        coverage=volume.shape[axes[0]] * step if step else None,
        problems=(*volume.notes, *warnings),
        suitable=True,
        usable=True,
    )
    return Survey((summary,), (), "", ())


def _summary(series: Series) -> SeriesSummary:
    header = series.header
    summary = SeriesSummary(
        format="dicom",
        number=series.number,
        key=series.key,
        kernel=header.kernel,
        modality=header.modality,
        object=class_name(header.sop_class),
        transfer_syntax=class_name(header.syntax),
        kind="unknown",
        shape=_shape(series),
        spacing=None,
        orientation="" if series.is_radiograph or _shape(series) is None else series.plane,
        coverage=None,
        problems=(),
        suitable=series.rejection is None,
        usable=False,
    )
    try:
        with damage_as_error():
            return _measured(series, summary)
    except PleuraError as error:
        return replace(summary, problems=(Note(error.code, str(error)),))


def _shape(series: Series) -> tuple[int, int, int] | None:
    """Return the size that the headers state, or None of what is no image."""
    header = series.header
    if header.pixel_offset is None or min(header.rows, header.columns) < 1:
        return None
    # Of what is refused only the header of a file is read, not each of its frames.
    frames = {frame.header.path: frame.header.frame_count for frame in series.frames}
    return max(sum(frames.values()), len(series.frames)), header.rows, header.columns


def _projected(series: Series, summary: SeriesSummary) -> SeriesSummary:
    """Add what is known of a radiograph once it is read."""
    volume, warnings = resolve_kind(read_radiograph(series.frames[0]))
    spacing = volume.spacing if volume.spacing_known else None
    problems = (*volume.notes, *warnings)
    return replace(summary, kind=volume.kind.value, spacing=spacing, problems=problems, usable=True)


def _measured(series: Series, summary: SeriesSummary) -> SeriesSummary:
    """Add geometry and kind of values, from the headers and the middle slice."""
    if series.rejection is not None:
        raise series.rejection
    if series.is_radiograph:
        return _projected(series, summary)
    frames, duplicate_notes = drop_duplicates(group_by_position(series.frames))
    stacked = stack(frames)
    rows, columns = frames[0].header.rows, frames[0].header.columns
    shape = (len(stacked.frames), rows, columns)
    spacing = spacing_of(stacked.affine)
    middle = frames[len(frames) // 2]
    pixels = read_plane(middle)
    warnings: tuple[Note, ...] = ()
    if len(frames) == 1:
        _, warnings = resolve_kind(Volume(pixels, stacked.affine, identity=Identity("dicom")))
    return replace(
        summary,
        kind="hu" if intensity.are_hu(intensity.sample(pixels)) else "unknown",
        shape=shape,
        spacing=spacing if stacked.spacing_known else None,
        coverage=len(stacked.frames) * spacing[0],
        problems=(
            *stacked.notes,
            *duplicate_notes,
            *grid_notes(shape, stacked.affine, slab=stacked.spacing_known),
            *warnings,
        ),
        usable=True,
    )
