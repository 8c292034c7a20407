"""The whole scans of the recipe: where each lies, who may use it, and which fold holds it back."""

from __future__ import annotations

import csv
import os
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.geometry import axial_order, to_axial
from pleura.reading import read
from pleura.volume import Volume
from recipes.ct.stacks import STACKS, load_stack

HERE = Path(__file__).parent

FROM_NUMBERS, EMPTY, OF_STACK = "numbers", "empty", "stack"
"""What stands for a mask in the table: labels by CT numbers and by hand, no lung at all, or the masks of a stack."""

Spacing = tuple[float, float, float]
"""Millimetres along (z, y, x)."""


@dataclass(frozen=True)
class Scan:
    """One row of ``scans.tsv``.

    Attributes
    ----------
    path : of the scan, relative to the data folder
    mask : of the mask, relative to the data folder; `FROM_NUMBERS`, `EMPTY` or `OF_STACK`
    fold : 0 to 3, by patient
    free : whether its licence allows commercial use
    """

    id: str
    path: str
    mask: str
    patient: str
    fold: int
    licence: str
    free: bool

    @property
    def is_stack(self) -> bool:
        """Whether it is a stack of pictures, in HU no more than about."""
        return self.mask == OF_STACK


def scans(*, free_only: bool = False) -> list[Scan]:
    """Return the rows of the table; with `free_only` those whose licence allows any use."""
    with (HERE / "scans.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    names = ("id", "path", "mask", "patient", "licence")
    table = [
        Scan(**{name: row[name] for name in names}, fold=int(row["fold"]), free=row["free"] == "yes") for row in rows
    ]
    return [scan for scan in table if scan.free or not free_only]


def data_folder() -> Path:
    """Return the folder that holds ``ct/`` and ``dicom/``: that of PLEURA_SHARED, or ``shared`` beside the checkout."""
    shared = os.environ.get("PLEURA_SHARED")
    return (Path(shared) if shared else HERE.parents[2] / "shared") / "data"


def load(path: Path) -> tuple[NDArray[np.int16], Spacing]:
    """Return HU (z, y, x), axes to the head, back and left, and the spacing; slices of 512 as 2 x 2 means."""
    if path.parent.name == STACKS:
        hu, _, spacing = load_stack(path)
        return hu, spacing
    volume = _read(path)
    hu = to_axial(volume.voxels, volume.affine)
    axes, _ = axial_order(volume.affine)
    z, y, x = (volume.spacing[axis] for axis in axes)
    if hu.shape[1] >= 512:
        return halved(hu), (z, 2 * y, 2 * x)
    return np.ascontiguousarray(hu, np.int16), (z, y, x)


def _read(path: Path) -> Volume:
    """Return a scan; DICOM may lie in a tar file."""
    if path.suffix != ".tar":
        return read(path)
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
        return read(folder)


def load_mask(path: Path) -> NDArray[np.uint8]:
    """Return labels (z, y, x) in the order of `load`: 0, 1 right, 2 left, 255 unknown."""
    import nibabel

    image: Any = nibabel.load(path)
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine[:, [2, 1, 0, 3]]
    return np.ascontiguousarray(to_axial(np.asarray(image.dataobj, np.uint8).T, affine))


def halved(hu: NDArray[Any]) -> NDArray[np.int16]:
    """Return the means of 2 x 2 pixels of each slice."""
    z, y, x = hu.shape
    blocks = hu[:, : y // 2 * 2, : x // 2 * 2].reshape(z, y // 2, 2, x // 2, 2)
    return np.asarray(np.rint(blocks.mean(axis=(2, 4), dtype=np.float32)), np.int16)
