"""Two masks of one scan, from wherever they come, aligned before a single voxel is compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.errors import UnsuitableInput
from pleura.geometry import SAME_GRID, axial_affine, axial_spacing, grid_shift, spacing_of, to_axial
from pleura.measurement import voxel_ml
from pleura.reading import LabelMap, read_label_map
from pleura.reading.dicom.lungs import object_class, read_lungs
from pleura.reading.dicom.shared_grid import shared_grid
from pleura.reading.labels_on_grid import whole_labels
from pleura.volume import Affine, Volume


def read_mask(path: Path) -> LabelMap:
    """Return a mask with its voxels as uint8, unchanged; in a JPEG, which smears them, 1 is what is above 127.

    Raises
    ------
    UnsuitableInput
        As `whole_labels` and `read_label_map`.
    """
    found = read_label_map(path)
    try:
        labels = whole_labels(found)
    except UnsuitableInput as error:
        raise error.within(path.name) from None
    return replace(found, voxels=labels)


def read_pair(reference: Path, prediction: Path) -> tuple[LabelMap, LabelMap]:
    """Return both masks of a case; one may be a DICOM segmentation or structure set, read on the grid of the other.

    Raises
    ------
    PleuraError : as `read_mask`, `read_lungs` and `shared_grid` do
    """
    if object_class(reference) and object_class(prediction):
        grid = shared_grid([prediction, reference])
        found = read_lungs(reference, grid)
        return replace(found, notes=(*grid.notes, *found.notes)), read_lungs(prediction, grid)
    if object_class(prediction):
        wanted = read_mask(reference)
        return wanted, read_lungs(prediction, wanted)
    given = read_mask(prediction)
    return (read_lungs(reference, given) if object_class(reference) else read_mask(reference)), given


def as_label_map(labels: NDArray[np.uint8], volume: Volume) -> LabelMap:
    """Return labels on the grid of a volume as a mask that was read; of a picture they lie where its pixels lie."""
    placed = volume.spacing_known and not volume.is_picture
    return LabelMap(labels.reshape(volume.shape), volume.affine, placed=placed, is_picture=volume.is_picture)


def in_millimetres(mask: LabelMap) -> bool:
    """Say whether the affine counts millimetres, not pixels."""
    return mask.placed or not mask.is_picture


@dataclass(frozen=True, eq=False)
class AlignedMasks:
    """A reference and a prediction whose voxels lie on each other.

    Attributes
    ----------
    reference, prediction : (z, y, x) uint8, or (y, x) of a picture
    spacing : along their axes, in `unit`
    unit : "mm", or "px" where no millimetres are known
    turn : affine by which the prediction's own grid was turned to axial order, or None
    voxel_ml : millilitres of a voxel; None for a picture
    """

    reference: NDArray[np.uint8]
    prediction: NDArray[np.uint8]
    spacing: tuple[float, ...]
    unit: str
    turn: Affine | None = None
    voxel_ml: float | None = None

    def turned(self, array: Array) -> Array:
        """Return an array on the prediction's own grid (z, y, x), turned and cut as the masks here are."""
        array = array if self.turn is None else to_axial(array, self.turn)
        return array[0] if self.reference.ndim == 2 else array


def align(reference: LabelMap, prediction: LabelMap, spacing: Sequence[float] | None = None) -> AlignedMasks:
    """Return both masks on one grid.

    Parameters
    ----------
    reference, prediction : masks; a picture without millimetres fits anything of its size
    spacing : millimetres along the reference's axes, where they are known from elsewhere

    Raises
    ------
    UnsuitableInput
        `grid-mismatch`, where the size differs, or, with both in millimetres, where the voxels do not lie on each
        other.
    """
    known = [mask for mask in (prediction, reference) if in_millimetres(mask)]
    both = len(known) == 2
    a = to_axial(reference.voxels, reference.affine) if both else reference.voxels
    b = to_axial(prediction.voxels, prediction.affine) if both else prediction.voxels
    if a.shape != b.shape:
        raise UnsuitableInput(f"reference {a.shape} and prediction {b.shape} differ in size", code="grid-mismatch")
    if both and (off := _shift(reference, prediction)) > SAME_GRID:
        raise UnsuitableInput(f"reference and prediction lie {off:.1f} voxels apart", code="grid-mismatch")
    of_axes = axial_spacing if both else spacing_of
    steps = of_axes(known[0].affine) if known else tuple(spacing or (1.0, 1.0, 1.0))
    turn = prediction.affine if both else None
    unit = "mm" if known or spacing else "px"
    if len(a) == 1 and (reference.is_picture or prediction.is_picture):
        return AlignedMasks(a[0], b[0], steps[-2:], unit, turn)
    return AlignedMasks(a, b, steps, unit, turn, voxel_ml(known[0].affine) if known else None)


def _shift(reference: LabelMap, prediction: LabelMap) -> float:
    """Return how far both grids lie apart once they are in axial order, in voxels."""
    axial = [axial_affine(mask.affine, mask.voxels.shape) for mask in (reference, prediction)]
    return grid_shift(to_axial(reference.voxels, reference.affine).shape, *axial)
