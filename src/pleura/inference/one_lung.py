"""One lung that was called two: a scan of one side, in which the network takes a part of the lung for the other.

Two lungs lie beside each other and touch at most along the front of the mediastinum. Where right and left share the
same columns and a wide border, they are one lung; the side of the mediastinum says which.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.grid_scan import GridScan
from pleura.inference.morphology import mean_index
from pleura.labels import LEFT, RIGHT

Labels = NDArray[np.uint8]

WIDE_BORDER = 1.0
"""Border between right and left, as a share of the volume of the smaller to the power of 2/3: two lungs have up to
0.1, one lung that was divided 2 to 15."""

SAME_COLUMNS = 0.5
"""Share of the columns of the narrower one, without the outermost 5 % of its voxels, that the other has too: two lungs
have none, one that was divided 0.8 and more."""

IN_ONE_PART = 0.9
"""Share of all that was marked in its largest part, joined by faces: of two lungs that lie apart, both are large."""

PARTED = 0.3
"""Share of a full column that the emptiest of the middle third holds: one lung has 0.52 and more, two lungs with the
mediastinum between them have 0.14 at most, however the network has mixed their sides up."""

SOFT_HU, BONE_HU = -150.0, 200.0
"""Heart, vertebrae and what lies between them are dense on the side of the mediastinum."""

NETWORK_WEIGHT = 0.3
"""What the network's own division counts beside the places of dense tissue, which lean by 0.05 to 0.6."""


def join_one_lung(labels: Labels, planes: Labels, scan: GridScan) -> bool:
    """Give a lung that was divided in two one side, in place; return whether there was one.

    Parameters
    ----------
    labels : (z, y, x), right and left lung; axes run to the head, back and left
    planes : the same voxels of the scan
    """
    if len(labels) == 1 or not _is_one(labels, scan.spacing):
        return False
    right = np.count_nonzero(labels == RIGHT) / np.count_nonzero(labels)
    towards_left = _mediastinum_to_the_left(labels > 0, planes, scan)
    labels[labels > 0] = RIGHT if towards_left + NETWORK_WEIGHT * (right - 0.5) > 0 else LEFT
    return True


def _is_one(labels: Labels, spacing: tuple[float, float, float]) -> bool:
    """Say whether right and left share columns and a wide border."""
    import cc3d

    coarse = np.ascontiguousarray(labels[:, ::2, ::2])
    columns = [np.count_nonzero(coarse == side, axis=(0, 1)) for side in (RIGHT, LEFT)]
    if not all(counts.any() for counts in columns):
        return False
    spans = [np.searchsorted(np.cumsum(counts) / counts.sum(), (0.05, 0.95)) for counts in columns]
    shared = min(span[1] for span in spans) - max(span[0] for span in spans)
    if shared < SAME_COLUMNS * max(min(span[1] - span[0] for span in spans), 1):
        return False
    part = cc3d.largest_k(coarse > 0, k=1, connectivity=6) > 0
    if np.count_nonzero(part) < IN_ONE_PART * np.count_nonzero(coarse):
        return False
    if _are_parted(np.count_nonzero(coarse, axis=(0, 1))):
        return False
    smaller = min(np.count_nonzero(labels == side) for side in (RIGHT, LEFT)) * float(np.prod(spacing))
    touching = cc3d.contacts(labels, connectivity=6, surface_area=True, anisotropy=spacing)
    return bool(touching.get((RIGHT, LEFT), 0.0) >= WIDE_BORDER * smaller ** (2 / 3))


def _are_parted(columns: NDArray[np.intp]) -> bool:
    """Say whether the mediastinum lies in the middle of what was marked, from the voxels of each column."""
    low, high = np.searchsorted(np.cumsum(columns) / columns.sum(), (0.05, 0.95))
    right, middle, left = np.array_split(columns[low : high + 1], 3)
    return len(left) > 0 and bool(middle.min() < PARTED * min(right.max(), left.max()))


def _mediastinum_to_the_left(lung: NDArray[np.bool_], planes: Labels, scan: GridScan) -> float:
    """Return how much dense tissue around a lung lies on its left, above 0 if more than on its right."""
    rows, columns = (np.flatnonzero(lung.any(axis=axes)) for axes in ((0, 2), (0, 1)))
    box = (slice(None), slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    width = columns[-1] + 1 - columns[0]
    soft, bone = (planes[box] > scan.byte(hu) for hu in (SOFT_HU, BONE_HU))
    middle = mean_index(lung[box], 2)
    rim = max(2, width // 10)
    right_rim, left_rim = soft[:, :, :rim].mean(), soft[:, :, -rim:].mean()
    leaning = (mean_index(soft, 2) - middle + mean_index(bone, 2) - middle) / width
    return float(leaning + (left_rim - right_rim) / 2)
