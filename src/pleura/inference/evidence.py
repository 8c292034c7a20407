"""What a model leaves for judging its mask: what it saw, what it said, and what became of that, on a small grid.

Every second pixel of the model's grid is enough to tell how much of a mask is doubtful, and takes a quarter of the time
and of the memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.inference.grid_scan import GridScan
from pleura.inference.postprocess import Cleaned
from pleura.inference.probability import lung_probability
from pleura.labels import LEFT, RIGHT
from pleura.volume import Kind


@dataclass(frozen=True, eq=False)
class MirroredPrediction:
    """What the network marks in the mirror image of some slices.

    Attributes
    ----------
    slices : which ones, in axial order
    marked : (n, y, x) bool, on the grid of the evidence, brought back
    """

    slices: NDArray[np.intp]
    marked: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Evidence:
    """What speaks for and against a mask; arrays are (z, y, x), axial.

    Attributes
    ----------
    labels : uint8, 0 background, else the value of a structure, after post-processing
    probability : (structures, z, y, x) uint8, of the structures 1, 2, ..., 255 for certain; where post-processing
        overruled the network, as it left them
    planes : uint8, what the network saw
    window : HU of the bytes 0 and 255 of `planes`; None where they are greys
    mirrored : what the network marks in the mirror image, where that was asked for
    """

    labels: NDArray[np.uint8]
    probability: NDArray[np.uint8]
    planes: NDArray[np.uint8]
    window: tuple[float, float] | None
    mirrored: MirroredPrediction | None = None


MIRRORED_SLICE_STEP = 3
"""Of so many slices the network sees the mirror image of one: what is unsure is unsure in its neighbours too."""


def mirrored_slices(labels: NDArray[np.uint8], seen: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return which slices of a mask (z, y, x) it sees mirrored: some of `seen` that hold something, or the first."""
    used = seen[labels[seen].any(axis=(1, 2))][::MIRRORED_SLICE_STEP]
    return used if len(used) else seen[:1]


def ct_evidence(
    cleaned: Cleaned,
    lung: NDArray[np.uint8],
    side_score: NDArray[np.uint8],
    scan: GridScan,
    kind: Kind,
) -> Evidence:
    """Return what is left of a CT.

    Parameters
    ----------
    cleaned : the lungs on the model's grid
    lung, side_score : what the network said, as `pleura.inference.backends` defines it, after the rules of anatomy
    scan : what it saw
    kind : of the scan's values
    """
    scores = np.ascontiguousarray(lung[:, ::2, ::2])
    labels = np.zeros_like(scores)
    depth, rows, columns = cleaned.box
    inner = (depth, *(slice((side.start + 1) // 2, (side.stop + 1) // 2) for side in (rows, columns)))
    every_second = slice(None), slice(rows.start % 2, None, 2), slice(columns.start % 2, None, 2)
    scores[inner], labels[inner] = cleaned.lung[every_second], cleaned.labels[every_second]
    probability_of = lung_probability(np.arange(256, dtype=np.uint8))
    probability = np.empty((2, *labels.shape), np.uint8)
    for z, plane in enumerate(labels):  # a whole scan at once would need much memory
        found, is_left = probability_of[scores[z]], probability_of[side_score[z]]
        for label, side in ((RIGHT, 255 - is_left), (LEFT, is_left)):
            settled = np.where(plane == label, found, 0)  # a side that was settled by the whole scan is certain
            probability[label - 1, z] = np.where(plane > 0, settled, np.minimum(found, side))
    return Evidence(
        labels=labels,
        probability=probability,
        planes=scan.coarse,
        window=scan.window if kind is Kind.HU else None,
    )


def picture_evidence(
    labels: NDArray[np.uint8],
    probabilities: NDArray[np.uint8],
    planes: NDArray[np.uint8],
    window: tuple[float, float] | None,
) -> Evidence:
    """Return what is left of a radiograph, or of slices, whose model gives the probability of each class.

    Parameters
    ----------
    labels : (z, s, s), after post-processing
    probabilities : (z, classes, s, s), 255 for certain, before it
    planes : (z, k s, k s), what the network saw
    window : HU of the bytes 0 and 255 of the planes; None where they are greys
    """
    step = 2 * planes.shape[1] // labels.shape[1]
    return Evidence(
        labels=np.ascontiguousarray(labels[:, ::2, ::2]),
        probability=np.ascontiguousarray(probabilities[:, 1:, ::2, ::2].swapaxes(0, 1)),
        planes=np.ascontiguousarray(planes[:, ::step, ::step]),
        window=window,
    )
