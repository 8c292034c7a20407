"""Masks that lie beside a DICOM series and are tied to it by the names of folders alone.

`scans/p1/*.dcm` with `masks/p1_lungs.nii.gz`, as `pleura segment scans/p1 -o masks` names it, and `p1/ct/*.dcm` with
`p1/lungs.nii.gz`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

from pleura.datasets.naming import Place, named


def masks_beside(folders: Mapping[str, Path], places: Collection[Place], root: Path) -> dict[str, Place]:
    """Say which masks belong to which series, where one of each has the other alone.

    Parameters
    ----------
    folders : key of a series -> the folder it lies in
    places : of masks, by name

    Returns
    -------
    key of the series -> place of its mask
    """
    found = {key: _fitting(named(folder, root).place, places) for key, folder in folders.items() if folder != root}
    wanted = Counter(place for fitting in found.values() for place in fitting)
    return {key: fitting[0] for key, fitting in found.items() if len(fitting) == 1 and wanted[fitting[0]] == 1}


def _fitting(folder: Place, places: Collection[Place]) -> list[Place]:
    """Return the masks of a folder's name, the one that also lies where it does before all; or those in or above it."""
    if folder in places:
        return [folder]
    called = [place for place in places if place[1] and place[1] == folder[1]]
    path = (*folder[0], folder[1])
    return called or [place for place in places if not place[1] and path[: len(place[0])] == place[0]]
