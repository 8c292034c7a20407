"""How much of a scan each structure covers, in the unit that the scan allows: the one module that counts voxels.

Volume in millilitres is known of slices with millimetres, area in square centimetres and height in centimetres of a
picture with millimetres; of all else only the share of the whole can be said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.labels import Label, have_sides, rotation_to_upright
from pleura.volume import Affine, Kind, Volume


@dataclass(frozen=True)
class Size:
    """How much of a scan one structure covers.

    Attributes
    ----------
    label : the structure
    voxels : how many voxels, or pixels, have its value
    share : which part of all voxels that is, 0..1
    covers_area : True for a single picture and for a radiograph, which may be stored as a volume of one slice
    ml : millilitres; None where an area is covered or no spacing is known
    cm2 : square centimetres; None where a volume is covered or no spacing is known
    height_cm : how far it spans along the patient in a radiograph of known spacing, 0 where it is empty; else None
    """

    label: Label
    voxels: int
    share: float
    covers_area: bool
    ml: float | None
    cm2: float | None
    height_cm: float | None

    def __str__(self) -> str:
        """Return the size in the unit that the scan allows: ``2846 mL``, ``210 cm²`` or ``10.1 % of the picture``."""
        if self.ml is not None:
            return f"{self.ml:.0f} mL"
        if self.cm2 is not None:
            return f"{self.cm2:.0f} cm²"
        return f"{100 * self.share:.1f} % of the {'picture' if self.covers_area else 'scan'}"

    @property
    def figures(self) -> dict[str, float | None]:
        """Key -> what is known of it, as of a region."""
        return {
            "voxels": self.voxels,
            "volume_ml": self.ml,
            "area_cm2": self.cm2,
            "height_cm": self.height_cm,
            "share_of_scan": self.share,
        }

    def data(self) -> dict[str, object]:
        """Return it as plain data."""
        return {"structure": self.label.name, **self.figures}


@dataclass(frozen=True)
class Sizes:
    """How much of a scan its structures cover.

    Attributes
    ----------
    sizes : of each structure, in their order
    left_to_right : area of the left lung over that of the right in a radiograph; None where either has no side or
        nothing is marked at the right
    """

    sizes: tuple[Size, ...]
    left_to_right: float | None


def measure_sizes(labels: NDArray[np.uint8], volume: Volume, structures: Sequence[Label]) -> Sizes:
    """Return how much of a volume its labels cover.

    Parameters
    ----------
    labels : (z, y, x) on the volume's grid, or (y, x) of a picture
    volume : the scan
    structures : what the values in `labels` mean
    """
    counts = [_count(labels, label.value) for label in structures]
    heights = _heights(labels, volume, structures)
    area = volume.is_picture or volume.kind is Kind.RADIOGRAPH
    millilitres = voxel_ml(volume.affine) if volume.spacing_known and not area else None
    square_centimetres = volume.spacing[1] * volume.spacing[2] / 100.0 if volume.spacing_known and area else None
    sizes = tuple(
        Size(
            label=label,
            voxels=count,
            share=count / labels.size,
            covers_area=area,
            ml=None if millilitres is None else count * millilitres,
            cm2=None if square_centimetres is None else count * square_centimetres,
            height_cm=height,
        )
        for label, count, height in zip(structures, counts, heights, strict=True)
    )
    return Sizes(sizes, _left_to_right(sizes) if volume.kind is Kind.RADIOGRAPH else None)


def voxel_ml(affine: Affine) -> float:
    """Return the volume of a voxel in millilitres, also of a sheared grid: the determinant of the affine's columns."""
    return abs(float(np.linalg.det(affine[:3, :3]))) / 1000.0


def _count(labels: NDArray[np.uint8], value: int) -> int:
    """Count voxels slice by slice, so that no mask of the whole volume is made."""
    planes = labels if labels.ndim == 3 else labels[None]
    return sum(int(np.count_nonzero(plane == value)) for plane in planes)


def _heights(labels: NDArray[np.uint8], volume: Volume, structures: Sequence[Label]) -> list[float | None]:
    """Return the height of each structure in centimetres.

    A patient who stands is measured along the rows of the picture, one turned by a quarter along its columns.
    """
    if volume.kind is not Kind.RADIOGRAPH or not volume.spacing_known:
        return [None] * len(structures)
    picture = labels if labels.ndim == 2 else labels[0]
    lying = have_sides(structures) and rotation_to_upright(picture) in {1, 3}
    step = volume.spacing[2 if lying else 1]
    return [_extent((picture == label.value).any(axis=0 if lying else 1)) * step / 10.0 for label in structures]


def _extent(occupied: NDArray[np.bool_]) -> int:
    """Return how many rows lie between the first and the last that are occupied, these included."""
    rows = np.flatnonzero(occupied)
    return int(rows[-1] - rows[0]) + 1 if rows.size else 0


def _left_to_right(sizes: Sequence[Size]) -> float | None:
    right, left = (sum(size.voxels for size in sizes if size.label.side == side) for side in ("right", "left"))
    return left / right if right and have_sides([size.label for size in sizes]) else None
