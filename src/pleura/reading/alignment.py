"""A mask laid on its image: voxel for voxel where the grids are one, else by nearest voxels, or by pixels alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnsuitableInput
from pleura.geometry import same_grid
from pleura.reading.raw_image import LabelMap
from pleura.volume import Affine, Note, Volume

_LEAST_INSIDE = 0.5
"""Share of a mask that has to lie on the image; with less, the two do not belong together."""
_CUT = 0.999
"""Share of a mask on the image below which the rest is said to be cut; a voxel at the edge may fall either way."""
_ASPECT = 0.02
"""By which rows and columns may be stretched differently: one pixel of 50, as rounded sizes of small pictures give."""


def on_image(labels: NDArray[np.int32], label_map: LabelMap, volume: Volume) -> tuple[NDArray[np.int32], list[Note]]:
    """Return labels on the grid of an image.

    Parameters
    ----------
    labels : (z, y, x) on the grid of `label_map`
    volume : the image

    Returns
    -------
    (z, y, x) on the volume's own grid, and what had to be done

    Raises
    ------
    UnsuitableInput : the sizes do not fit (`mask-size`), or the mask lies elsewhere (`mask-elsewhere`)
    """
    placed = label_map.placed and volume.spacing_known and not volume.is_picture
    if not placed:
        return _by_pixels(labels, volume)
    if same_grid(volume.shape, volume.affine, labels.shape, label_map.affine):
        return labels, []
    found, inside = _nearest(labels, label_map.affine, volume)
    if inside < _LEAST_INSIDE:
        raise UnsuitableInput(
            f"by its geometry, {1 - inside:.0%} of the mask lies outside the image", code="mask-elsewhere"
        )
    notes = [Note("mask-resampled", "the mask lay on another grid and was brought to the image's by nearest voxels")]
    if inside < _CUT:
        notes.append(Note("mask-cut", f"{1 - inside:.1%} of the mask lay outside the image and was left out"))
    return found, notes


def _by_pixels(labels: NDArray[np.int32], volume: Volume) -> tuple[NDArray[np.int32], list[Note]]:
    """Lay labels without a place on the pixels; a picture's may be larger or smaller by one factor."""
    if labels.shape == volume.shape:
        return labels, []
    _, rows, columns = volume.shape
    stretch = (labels.shape[1] / rows) / (labels.shape[2] / columns)
    if labels.shape[0] != volume.shape[0] or abs(stretch - 1) > _ASPECT:
        sizes = " and ".join(" x ".join(map(str, shape)) for shape in (labels.shape, volume.shape))
        raise UnsuitableInput(f"mask and image are of different size: {sizes}", code="mask-size")
    down = ((np.arange(rows) + 0.5) * labels.shape[1] / rows).astype(np.intp)
    across = ((np.arange(columns) + 0.5) * labels.shape[2] / columns).astype(np.intp)
    note = Note("mask-resampled", "the mask was of another size and was brought to the image's by nearest pixels")
    return labels[:, down[:, None], across], [note]


def _nearest(labels: NDArray[np.int32], affine: Affine, volume: Volume) -> tuple[NDArray[np.int32], float]:
    """Return labels at the nearest voxels of the image, slice by slice, and the share of the mask that lies on it."""
    to_mask = np.linalg.inv(affine) @ volume.affine
    found = np.zeros(volume.shape, np.int32)
    rows, columns = np.mgrid[0 : volume.shape[1], 0 : volume.shape[2]]
    plane = to_mask[:3, 1, None, None] * rows + to_mask[:3, 2, None, None] * columns + to_mask[:3, 3, None, None]
    for k, target in enumerate(found):
        indices = np.floor(plane + k * to_mask[:3, 0, None, None] + 0.5).astype(np.intp)
        on = np.logical_and.reduce([(row >= 0) & (row < size) for row, size in zip(indices, labels.shape, strict=True)])
        target[on] = labels[tuple(row[on] for row in indices)]
    return found, _inside(labels, np.linalg.inv(to_mask), volume.shape)


def _inside(labels: NDArray[np.int32], to_image: Any, shape: tuple[int, ...]) -> float:
    """Return the share of the marked voxels that lie within the image, half a voxel beyond its centres included."""
    marked = np.argwhere(labels)
    if not len(marked):
        return 1.0
    marked = marked[:: max(1, len(marked) // 200_000)]
    indices = marked @ to_image[:3, :3].T + to_image[:3, 3]
    return float(((indices >= -0.5) & (indices < np.array(shape) - 0.5)).all(1).mean())
