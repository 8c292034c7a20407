"""How much two masks share: Dice, IoU, precision and recall.

The names hide choices, and libraries choose differently, so every choice is written here: a voxel is inside where its
value is not zero, both arrays share one grid, and one rule holds for empty masks in all four: where both are empty
they agree fully, 1.0; where only one is, not at all, 0.0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pleura.errors import UnsuitableInput

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
    shared, a, b = _counts(reference, prediction)
    return _share(2 * shared, a + b, a + b)


def iou(reference: ArrayLike, prediction: ArrayLike) -> float:
    """Return intersection over union, |A and B| / |A or B|, also known as the Jaccard index.

    Arguments, range, empty masks and errors as for `dice`.
    """
    shared, a, b = _counts(reference, prediction)
    return _share(shared, a + b - shared, a + b)


def precision(reference: ArrayLike, prediction: ArrayLike) -> float:
    """Return the share of the prediction that lies in the reference, |A and B| / |B|.

    Arguments, range, empty masks and errors as for `dice`.
    """
    shared, a, b = _counts(reference, prediction)
    return _share(shared, b, a + b)


def recall(reference: ArrayLike, prediction: ArrayLike) -> float:
    """Return the share of the reference that was found, |A and B| / |A|, also known as sensitivity.

    Arguments, range, empty masks and errors as for `dice`.
    """
    shared, a, b = _counts(reference, prediction)
    return _share(shared, a, a + b)


def as_masks(reference: ArrayLike, prediction: ArrayLike) -> tuple[Mask, Mask]:
    """Return both arrays as True inside; raise `UnsuitableInput` (`shape-mismatch`) where they differ in shape."""
    a, b = np.asarray(reference), np.asarray(prediction)
    if a.shape != b.shape:
        raise UnsuitableInput(
            f"reference {a.shape} and prediction {b.shape} are not on one grid", code="shape-mismatch"
        )
    return a != 0, b != 0


def _counts(reference: ArrayLike, prediction: ArrayLike) -> tuple[int, int, int]:
    """Return how many voxels are inside both, the reference, and the prediction."""
    a, b = as_masks(reference, prediction)
    return int(np.count_nonzero(a & b)), int(np.count_nonzero(a)), int(np.count_nonzero(b))


def _share(part: int, whole: int, anything: int) -> float:
    """Return part / whole by the rule for empty masks; `anything` is 0 where both are."""
    if not anything:
        return 1.0
    return part / whole if whole else 0.0
