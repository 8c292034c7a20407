"""The road from DICOM files to a volume: headers, series, geometry, pixels, values."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pleura.errors import PleuraError, UnreadableInput, UnsuitableInput
from pleura.reading.damage import damage_named, file_named
from pleura.reading.dicom.frames import Frame, read_frames
from pleura.reading.dicom.geometry import places, stack
from pleura.reading.dicom.pixels import read_pixels, same_pixels
from pleura.reading.dicom.radiograph import read_radiograph
from pleura.reading.dicom.rescale import settle_series, settle_slices
from pleura.reading.dicom.series import Series, choose, counted, group
from pleura.reading.limits import check_size
from pleura.reading.padding import set_to_air
from pleura.reading.values import AIR
from pleura.reading.walk import files_below
from pleura.volume import Identity, Kind, Note, Volume

_MOST_FILES = 50_000


def find_files(folder: Path) -> list[Path]:
    """Return the files of a folder and its subfolders, without hidden files and litter, sorted.

    Raises
    ------
    UnreadableInput : there are more than any study holds, so that this is hardly the folder that was meant
    PermissionError : a folder may not be read, so that a part of the scan may be missing
    """
    found = files_below(folder, most=_MOST_FILES)
    if len(found) > _MOST_FILES:
        raise UnreadableInput(f"more than {_MOST_FILES} files; give the folder of one study", code="too-many-files")
    return [path for path in found if path.is_file()]


def scan(paths: Sequence[Path]) -> tuple[list[Series], tuple[Note, ...]]:
    """Read the headers of DICOM files and group them into series; other files are left out and damaged ones noted.

    Raises
    ------
    UnreadableInput : no file is sound DICOM
    """
    frames: list[Frame] = []
    failures: list[PleuraError] = []
    for path in paths:
        try:
            with file_named(path) if len(paths) > 1 else nullcontext(), damage_named():
                frames += read_frames(path)
        except PleuraError as error:
            failures.append(error)
    damaged = [error for error in failures if error.code != "not-dicom"]
    if not frames:
        if damaged or len(failures) == 1:
            raise (damaged or failures)[0]
        raise UnreadableInput("there are no DICOM files in it; give other images one by one", code="no-dicom")
    notes = (
        (
            Note(
                "damaged-files",
                f"{len(damaged)} damaged DICOM {'file was' if len(damaged) == 1 else 'files were'} left out",
            ),
        )
        if damaged
        else ()
    )
    return group(frames), notes


def read_dicom(paths: Sequence[Path], series: str | None, kind: Kind | None) -> Volume:
    """Read the one chest CT, or the one chest radiograph, among DICOM files.

    Parameters
    ----------
    paths : files; what is not DICOM among them is left out
    series : key of the series to read (see `series`), or None to choose
    kind : Kind.HU to take the values as they are; None to judge them

    Raises
    ------
    PleuraError : see `pleura.read`
    """
    found, notes = scan(paths)
    chosen, chosen_notes = choose(found, series)
    if chosen.is_radiograph:
        volume = read_radiograph(chosen.frames[0])
        return replace(volume, notes=(*notes, *chosen_notes, *volume.notes))
    frames, doubles = without_doubles(places(chosen.frames))
    stacked = stack(frames)
    header = frames[0].header
    shape = (len(stacked.frames), header.rows, header.columns)
    check_size(shape, 2, sum(path.stat().st_size for path in {frame.header.path for frame in frames}))
    voxels = np.empty(shape, np.int16)
    read_pixels(stacked.frames, voxels)
    hu_notes = _in_hu(voxels, stacked.frames, kind)
    identity = Identity(
        format="dicom",
        study_uid=header.study_uid,
        series_uid=header.series_uid,
        frame_of_reference_uid=header.frame_of_reference_uid,
        instance_uids=tuple(frame.instance_uid if frame else "" for frame in stacked.frames),
    )
    return Volume(
        voxels,
        stacked.affine,
        spacing_known=stacked.spacing_known,
        identity=identity,
        notes=(*notes, *chosen_notes, *doubles, *stacked.notes, *_header_notes(frames), *hu_notes),
    )


def without_doubles(found: list[list[Frame]]) -> tuple[list[Frame], tuple[Note, ...]]:
    """Keep one frame a place; frames at one place have to be equal."""
    doubled = [place for place in found if len(place) > 1]
    for place in doubled:
        if not same_pixels(place):
            if len(found) == 1:
                raise UnsuitableInput(
                    f"all {len(place)} slices state the same position, so that their order is unknown;"
                    " export the series again from the archive",
                    code="doubled-slices",
                )
            where = ", ".join(f"{value:.1f}" for value in place[0].position or ())
            raise UnsuitableInput(
                f"{len(doubled)} positions hold several different slices (the first is {where} mm);"
                " keep one scan in the folder",
                code="doubled-slices",
            )
    notes = (
        (
            Note(
                "doubled-slices",
                f"{counted(len(doubled))} {'was' if len(doubled) == 1 else 'were'} there twice and equal; one was kept",
            ),
        )
        if doubled
        else ()
    )
    return [place[0] for place in found], notes


def _header_notes(frames: Sequence[Frame]) -> list[Note]:
    notes = []
    if any(frame.header.lossy for frame in frames):
        notes.append(Note("lossy-compression", "the pictures were compressed with loss"))
    if any(not frame.header.modality for frame in frames):
        notes.append(Note("modality-missing", "the modality is not stated; taken as CT by the kind of object"))
    part = frames[0].header.body_part
    if part and part not in {"CHEST", "THORAX", "LUNG"}:
        notes.append(Note("other-body-part", f"the body part examined is stated as {part}, not CHEST"))
    return notes


def _in_hu(voxels: NDArray[np.int16], frames: Sequence[Frame | None], kind: Kind | None) -> tuple[Note, ...]:
    """Set values to HU, in place, where their rescale does not lead there, and padding to air; say what was done."""
    notes: tuple[Note, ...] = ()
    if kind is not Kind.HU:
        frames, notes = settle_slices(frames, voxels)
        notes = (*notes, *settle_series(frames, voxels))
    return (*notes, *set_to_air(voxels, AIR))
