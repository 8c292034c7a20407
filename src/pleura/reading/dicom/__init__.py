"""DICOM files as a volume: headers first, then series, geometry, pixels and values, straight into the one array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pleura.reading.dicom.ct import read_ct
from pleura.reading.dicom.discover import find_files, find_series
from pleura.reading.dicom.radiograph import read_radiograph
from pleura.reading.dicom.series import choose
from pleura.volume import Kind, Volume

__all__ = ["find_files", "find_series", "read_dicom"]


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
    found, notes = find_series(paths)
    chosen, choice = choose(found, series)
    volume = read_radiograph(chosen.frames[0]) if chosen.is_radiograph else read_ct(chosen, kind)
    return replace(volume, notes=(*notes, *choice, *volume.notes))
