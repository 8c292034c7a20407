"""A mask laid on its image: voxel for voxel where the grids are one, else by nearest voxels, or by pixels alone."""

from __future__ import annotations

import numpy as np

from pleura.errors import UnsuitableInput
from pleura.geometry import on_same_voxels, same_grid
from pleura.reading.nearest import Labels, at_nearest_voxels
from pleura.reading.raw_image import LabelMap
from pleura.volume import Note, Volume

_LEAST_INSIDE = 0.5
"""Share of a mask that has to lie on the image; with less, the two do not belong together."""
_CUT = 0.999
"""Share of a mask on the image below which the rest is said to be cut; a voxel at the edge may fall either way."""
_ASPECT = 0.02
"""By which rows and columns may be stretched differently: one pixel of 50, as rounded sizes of small pictures give."""


def on_image(labels: Labels, label_map: LabelMap, volume: Volume) -> tuple[Labels, list[Note]]:
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
    found, inside = at_nearest_voxels(labels, label_map.affine, volume.shape, volume.affine)
    cut = notes_of_cut(inside)
    text = "the mask lay on another grid and was brought to the image's by nearest voxels"
    aside = on_same_voxels(labels.shape, label_map.affine, volume.affine)
    notes = [] if aside else [Note("mask-resampled", text)]
    return found, [*notes, *cut]


def notes_of_cut(inside: float) -> tuple[Note, ...]:
    """Return what is to be said of a mask of which this share lies on the image.

    Raises
    ------
    UnsuitableInput : it is less than half (`mask-elsewhere`)
    """
    if inside < _LEAST_INSIDE:
        text = f"by its geometry, {1 - inside:.0%} of the mask lies outside the image; give a mask of this scan"
        raise UnsuitableInput(text, code="mask-elsewhere")
    text = f"{1 - inside:.1%} of the mask lay outside the image and was left out"
    return (Note("mask-cut", text),) if inside < _CUT else ()


def _by_pixels(labels: Labels, volume: Volume) -> tuple[Labels, list[Note]]:
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
