"""Masks that lie beside a DICOM series and are tied to it by the names of folders alone.

`scans/p1/*.dcm` with `masks/p1_lungs.nii.gz`, as `pleura segment scans -o masks` names it, and `p1/ct/*.dcm` with
`p1/lungs.nii.gz`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

from pleura.preparation.names import PairKey, parse_name


def masks_beside(folders: Mapping[str, Path], masks: Collection[PairKey], root: Path) -> dict[str, PairKey]:
    """Say which masks belong to which series, where one of each has the other alone.

    Parameters
    ----------
    folders : key of a series -> the folder it lies in
    masks : keys of masks

    Returns
    -------
    key of the series -> key of its mask
    """
    found = {key: _fitting(folder, masks, root) for key, folder in folders.items() if folder != root}
    wanted = Counter(mask for fitting in found.values() for mask in fitting)
    return {key: fitting[0] for key, fitting in found.items() if len(fitting) == 1 and wanted[fitting[0]] == 1}


def _fitting(folder: Path, masks: Collection[PairKey], root: Path) -> list[PairKey]:
    """Return the masks that lie beside a folder under its name, else those of its name or that of a folder above it.

    `pleura segment` joins the names of folders where one does not tell a study from others: `p1_early_lungs`.
    Where there are none, return the masks without a name in a folder above it, such as `p1/mask.nii.gz`.
    """
    own = parse_name(folder, root).key
    if own in masks:
        return [own]
    parts = folder.relative_to(root).parts
    joined = ("_".join(parts[first:last]) for last in range(len(parts) + 1) for first in range(last))
    names = {parse_name(root / name, root).key.stem for name in joined} - {""}
    called = [mask for mask in masks if mask.stem in names]
    path = (*own.folder, own.stem)
    return called or [mask for mask in masks if not mask.stem and path[: len(mask.folder)] == mask.folder]
