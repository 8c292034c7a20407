"""All figures of one case: each structure that has a name, and all of them together, against the reference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from pleura.evaluation.masks import AlignedMasks
from pleura.evaluation.metrics import dice, iou, precision, recall
from pleura.evaluation.names import lungs
from pleura.evaluation.surface_distance import surfaces
from pleura.labels import BOTH_LUNGS

TOLERANCES = (1.0, 2.0, 3.0)
"""Distances within which two surfaces count as the same, millimetres, or pixels where no millimetres are known."""

Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Agreement:
    """How well one structure of one case was found.

    Attributes
    ----------
    dice, iou, precision, recall : 0..1
    hd95, assd : in the unit of the case; infinite where only one mask is empty
    surface_dice_1, surface_dice_2, surface_dice_3 : 0..1, at each of `TOLERANCES`
    volume_error_ml : prediction less reference; None for a picture or without millimetres
    volume_error_percent : of the reference; infinite where that alone is empty
    reference_ml, prediction_ml : None for a picture or without millimetres
    reference_parts, prediction_parts : connected components, corners included
    """

    dice: float
    iou: float
    precision: float
    recall: float
    hd95: float
    assd: float
    surface_dice_1: float
    surface_dice_2: float
    surface_dice_3: float
    volume_error_ml: float | None
    volume_error_percent: float | None
    reference_ml: float | None
    prediction_ml: float | None
    reference_parts: int | None
    prediction_parts: int | None


FAILED = Agreement(0, 0, 0, 0, math.inf, math.inf, 0, 0, 0, None, None, None, None, None, None)
"""What a case is given that cannot be scored."""

FIGURES = tuple(field.name for field in fields(Agreement))


@dataclass(frozen=True, eq=False)
class Score:
    """The figures of one case.

    Attributes
    ----------
    id, patient : as in `Case`
    unit : "mm", or "px" where no millimetres are known
    agreements : by the name of the structure
    confusion : voxels by reference (rows) and prediction (columns): background, then the labels in their order; None
        where the reference does not distinguish them, or the case failed
    warnings : codes of what the model itself warned of
    error : code of why the case could not be scored, or None
    reason : the same in words, which name files, for the terminal alone
    """

    id: str
    patient: int
    unit: str
    agreements: Mapping[str, Agreement]
    confusion: NDArray[np.int64] | None = None
    warnings: tuple[str, ...] = ()
    error: str | None = None
    reason: str = ""

    @property
    def swapped(self) -> float | None:
        """Share of what both call a structure that bears another's name; for lungs, the side. None where unknown."""
        if self.confusion is None or not (shared := int(self.confusion[1:, 1:].sum())):
            return None
        return 1.0 - int(np.trace(self.confusion[1:, 1:])) / shared


def union_name(labels: Mapping[int, str]) -> str:
    """Return what all labels together are called."""
    if labels == lungs():
        return BOTH_LUNGS
    return next(iter(labels.values())) if len(labels) == 1 else "all labels"


def structures(labels: Mapping[int, str], *, sides: bool = True) -> tuple[str, ...]:
    """Return the names of all that is scored: together first, then each label where they are distinguished."""
    apart = tuple(labels.values()) if sides and len(labels) > 1 else ()
    return (union_name(labels), *apart)


def failed(case_id: str, patient: int, names: Sequence[str], error: str, reason: str = "") -> Score:
    """Return the score of a case that could not be scored."""
    return Score(case_id, patient, "mm", dict.fromkeys(names, FAILED), error=error, reason=reason)


def score_masks(
    masks: AlignedMasks, labels: Mapping[int, str], *, sides: bool
) -> tuple[dict[str, Agreement], NDArray[np.int64] | None]:
    """Return the agreement of each structure, and the confusion of labels.

    Parameters
    ----------
    masks : reference and prediction on one grid
    labels : names by value
    sides : whether the reference distinguishes the labels
    """
    reference, prediction = masks.reference, masks.prediction
    union = structures(labels)[0]
    found = {union: _agreement(reference > 0, prediction > 0, masks.spacing, masks.voxel_ml)}
    if not sides or len(labels) < 2:
        return found, None
    for value, name in labels.items():
        found[name] = _agreement(reference == value, prediction == value, masks.spacing, masks.voxel_ml)
    return found, _confusion(reference, prediction, tuple(labels))


def _agreement(
    reference: NDArray[np.bool_], prediction: NDArray[np.bool_], spacing: Sequence[float], voxel_ml: float | None
) -> Agreement:
    between = surfaces(reference, prediction, spacing)
    a, b = np.count_nonzero(reference), np.count_nonzero(prediction)
    near = [between.surface_dice(tolerance) for tolerance in TOLERANCES]
    return Agreement(
        dice=dice(reference, prediction),
        iou=iou(reference, prediction),
        precision=precision(reference, prediction),
        recall=recall(reference, prediction),
        hd95=between.hd95(),
        assd=between.assd(),
        surface_dice_1=near[0],
        surface_dice_2=near[1],
        surface_dice_3=near[2],
        volume_error_ml=None if voxel_ml is None else (b - a) * voxel_ml,
        volume_error_percent=100.0 * (b - a) / a if a else math.inf if b else 0.0,
        reference_ml=None if voxel_ml is None else a * voxel_ml,
        prediction_ml=None if voxel_ml is None else b * voxel_ml,
        reference_parts=_parts(reference),
        prediction_parts=_parts(prediction),
    )


def _parts(mask: NDArray[np.bool_]) -> int:
    """Count connected components; voxels that share a corner are connected."""
    import cc3d

    _, count = cc3d.connected_components(mask.astype(np.uint8), connectivity=26 if mask.ndim == 3 else 8, return_N=True)
    return int(count)


def _confusion(reference: Labels, prediction: Labels, values: tuple[int, ...]) -> NDArray[np.int64]:
    """Count voxels by both labels; those with a value that has no name are counted nowhere."""
    size = len(values) + 2
    index_of = np.full(256, size - 1, np.int64)
    index_of[[0, *values]] = np.arange(size - 1)
    counts = np.bincount((index_of[reference] * size + index_of[prediction]).ravel(), minlength=size * size)
    return counts.reshape(size, size)[:-1, :-1]
