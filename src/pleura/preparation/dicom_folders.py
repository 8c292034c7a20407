"""Masks that lie beside a DICOM series and are tied to it by the names of folders alone.

`scans/p1/*.dcm` with `masks/p1_lungs.nii.gz`, as `pleura segment scans -o masks` names it, and `p1/ct/*.dcm` with
`p1/lungs.nii.gz`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

from pleura.preparation.names import Place, named


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
    found = {key: _fitting(folder, places, root) for key, folder in folders.items() if folder != root}
    wanted = Counter(place for fitting in found.values() for place in fitting)
    return {key: fitting[0] for key, fitting in found.items() if len(fitting) == 1 and wanted[fitting[0]] == 1}


def _fitting(folder: Path, places: Collection[Place], root: Path) -> list[Place]:
    """Return the masks that lie beside a folder under its name, else those of its name or that of a folder above it.

    `pleura segment` joins the names of folders where one does not tell a study from others: `p1_early_lungs`.
    Where there are none, return the masks without a name in a folder above it, such as `p1/mask.nii.gz`.
    """
    here = named(folder, root).place
    if here in places:
        return [here]
    parts = folder.relative_to(root).parts
    joined = ("_".join(parts[first:last]) for last in range(len(parts) + 1) for first in range(last))
    names = {named(root / name, root).place[1] for name in joined} - {""}
    called = [place for place in places if place[1] in names]
    path = (*here[0], here[1])
    return called or [place for place in places if not place[1] and path[: len(place[0])] == place[0]]
