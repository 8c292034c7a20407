"""How well two masks agree, in the three figures that lung papers quote: Dice, IoU and HD95.

The names hide choices, and libraries choose differently, so every choice is written here: in all three functions a
voxel is inside where its value is not zero, both arrays share one grid, and empty masks have a defined result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pleura.errors import UnsuitableInput, missing_extra

Mask = NDArray[np.bool_]


def dice(reference: ArrayLike, prediction: ArrayLike) -> float:
    """Return the Dice coefficient, 2 |A and B| / (|A| + |B|).

    Parameters
    ----------
    reference, prediction : arrays of one shape, inside where not zero

    Returns
    -------
    0.0 to 1.0; 1.0 where both are empty, 0.0 where only one is

    Raises
    ------
    UnsuitableInput
        `shape-mismatch`, where the arrays do not share a grid.

    References
    ----------
    Dice LR. Measures of the amount of ecologic association between species. Ecology 26 (1945) 297-302.
    """
    a, b = _masks(reference, prediction)
    total = np.count_nonzero(a) + np.count_nonzero(b)
    return float(2 * np.count_nonzero(a & b) / total) if total else 1.0


def iou(reference: ArrayLike, prediction: ArrayLike) -> float:
    """Return intersection over union, |A and B| / |A or B|, also known as the Jaccard index.

    Parameters
    ----------
    reference, prediction : arrays of one shape, inside where not zero

    Returns
    -------
    0.0 to 1.0; 1.0 where both are empty, 0.0 where only one is

    Raises
    ------
    UnsuitableInput
        `shape-mismatch`, where the arrays do not share a grid.
    """
    a, b = _masks(reference, prediction)
    union = np.count_nonzero(a | b)
    return float(np.count_nonzero(a & b) / union) if union else 1.0


def hd95(reference: ArrayLike, prediction: ArrayLike, spacing: Sequence[float]) -> float:
    """Return the 95th percentile of the Hausdorff distance between the two surfaces.

    A surface is the set of inside voxels with a face on the outside, or on the edge of the array. For each surface
    voxel the exact Euclidean distance, centre to centre, to the other surface is taken; the 95th percentile (linear
    interpolation) is formed each way, and the larger of the two is the result. Voxels count alike whatever area they
    stand for, so figures differ a little from programs that weigh by area (DeepMind's surface-distance) or pool
    both ways before the percentile (medpy).

    Parameters
    ----------
    reference, prediction : arrays of one shape, inside where not zero
    spacing : distance between voxel centres along the arrays' axes, millimetres

    Returns
    -------
    millimetres; 0.0 where both masks are empty, infinity where only one is

    Raises
    ------
    UnsuitableInput
        `shape-mismatch`, where the arrays, or the spacing, do not share a grid.
    MissingExtra
        `missing-extra`, where SciPy is not installed (extra `train`).

    References
    ----------
    Maier-Hein L, Reinke A et al. Metrics reloaded: recommendations for image analysis validation.
    Nature Methods 21 (2024) 195-212, "Xth percentile of the Hausdorff distance".
    """
    a, b = _masks(reference, prediction)
    if len(spacing) != a.ndim:
        raise UnsuitableInput(f"{a.ndim} axes need {a.ndim} spacings, got {len(spacing)}", code="shape-mismatch")
    if not a.any() or not b.any():
        return math.inf if a.any() or b.any() else 0.0
    box = _bounding_box(a | b)
    a, b = a[box], b[box]
    return max(_percentile_distance(a, b, spacing), _percentile_distance(b, a, spacing))


def _masks(reference: ArrayLike, prediction: ArrayLike) -> tuple[Mask, Mask]:
    a, b = np.asarray(reference), np.asarray(prediction)
    if a.shape != b.shape:
        raise UnsuitableInput(
            f"reference {a.shape} and prediction {b.shape} are not on one grid", code="shape-mismatch"
        )
    return a != 0, b != 0


def _bounding_box(mask: Mask) -> tuple[slice, ...]:
    """Return the smallest box around what is inside; beyond it all is outside, so no distance changes."""
    box = []
    for axis in range(mask.ndim):
        others = tuple(other for other in range(mask.ndim) if other != axis)
        hit = np.flatnonzero(mask.any(axis=others))
        box.append(slice(int(hit[0]), int(hit[-1]) + 1))
    return tuple(box)


def _percentile_distance(source: Mask, target: Mask, spacing: Sequence[float]) -> float:
    """Return the 95th percentile of the distances from the surface of `source` to the surface of `target`."""
    ndimage = _ndimage()
    source_surface = source & ~ndimage.binary_erosion(source)
    target_surface = target & ~ndimage.binary_erosion(target)
    distance = ndimage.distance_transform_edt(~target_surface, sampling=tuple(spacing))
    return float(np.percentile(distance[source_surface], 95))


def _ndimage() -> Any:
    try:
        from scipy import ndimage
    except ImportError:
        raise missing_extra("scipy", "train") from None
    return ndimage
