"""Choose and cut the planes that a picture shows, in the radiological view: the patient's right on the left.

Planes are views of the arrays, turned by the affine alone; where the lungs lie is looked up on a coarse sample, so a
scan of a thousand slices costs no more than one of fifty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.geometry import axial_spacing, to_axial
from pleura.labels import Label, Side
from pleura.segmentation import Segmentation

SIDES: tuple[tuple[Side, int], ...] = (("right", 1), ("left", 3))
"""Of the sagittal planes of `reformatted`, and the quarter of the width in which each lies where no lung is marked."""
_SAMPLES = 96
"""At most so many voxels of each axis are looked at to find the lungs."""


@dataclass(frozen=True, eq=False)
class Plane:
    """One plane: grey values and labels (rows, columns), millimetres (down, across), and if right is at its left."""

    grey: NDArray[np.generic]
    labels: NDArray[np.generic]
    spacing: tuple[float, float]
    radiological: bool

    def fit(self, width: float, height: float) -> tuple[int, int]:
        """Return the largest (width, height) in pixels inside a box that keeps the plane true to the millimetre."""
        down, across = (n * step for n, step in zip(self.grey.shape, self.spacing, strict=True))
        scale = min(width / across, height / down)
        return max(1, round(across * scale)), max(1, round(down * scale))


def picture(segmentation: Segmentation) -> Plane:
    """Return the one plane of a single picture, as it is stored."""
    volume = segmentation.volume
    labels = segmentation.labels.reshape(volume.shape[1:])
    return Plane(volume.voxels[0], labels, volume.spacing[1:], radiological=False)


def axial(segmentation: Segmentation, count: int) -> list[Plane]:
    """Return up to `count` axial planes spread over the height of the lungs, from the head down."""
    return axial_at(segmentation, axial_levels(segmentation, count))


def axial_levels(segmentation: Segmentation, count: int, besides: Collection[int] = ()) -> list[int]:
    """Return up to `count` levels spread over the height of the lungs, from the head down, counted from the feet.

    None of those `besides` which there are others is among them.
    """
    _, labels, _ = _turned(segmentation)
    low, high = _extent(_sample(labels) > 0, 0, len(labels))
    levels = [level for level in range(low, high + 1) if level not in besides]
    wanted: list[int] = np.linspace(len(levels), 0, 2 * count + 1)[1::2].astype(int).tolist() if levels else []
    return [levels[index] for index in dict.fromkeys(wanted)]


def axial_at(segmentation: Segmentation, levels: Iterable[int]) -> list[Plane]:
    """Return the axial planes at these levels, counted from the feet."""
    grey, labels, (_, y, x) = _turned(segmentation)
    return [Plane(grey[k], labels[k], (y, x), radiological=True) for k in levels]


def reformatted(segmentation: Segmentation) -> list[Plane]:
    """Return a coronal plane through the lungs and a sagittal one through each of them, the head up.

    Where a lung is not marked, or sides are not distinguished, it goes through the middle of that half of the scan.
    """
    grey, labels, (z, y, x) = _turned(segmentation)
    coarse = _sample(labels)
    j = _middle(coarse > 0, 1, labels.shape[1] // 2, labels.shape[1])
    planes = [Plane(grey[::-1, j], labels[::-1, j], (z, x), radiological=True)]
    for side, quarter in SIDES:
        marked = np.isin(coarse, values_of(segmentation.structures, side))
        i = _middle(marked, 2, quarter * labels.shape[2] // 4, labels.shape[2])
        planes.append(Plane(grey[::-1, :, i], labels[::-1, :, i], (z, y), radiological=False))
    return planes


def values_of(structures: Iterable[Label], side: Side) -> list[int]:
    """Return what the structures of one side are marked with."""
    return [one.value for one in structures if one.side == side]


def _turned(
    segmentation: Segmentation,
) -> tuple[NDArray[np.generic], NDArray[np.generic], tuple[float, float, float]]:
    """Return values and labels as (to the head, to the back, to the left), and the millimetres along those axes."""
    volume = segmentation.volume
    labels = segmentation.labels.reshape(volume.shape)
    spacing = axial_spacing(volume.affine)
    return to_axial(volume.voxels, volume.affine), to_axial(labels, volume.affine), spacing


def _sample(labels: NDArray[np.generic]) -> NDArray[np.uint8]:
    return labels[tuple(slice(None, None, -(-n // _SAMPLES)) for n in labels.shape)].astype(np.uint8)


def _present(coarse: NDArray[np.bool_], axis: int, length: int) -> NDArray[np.intp]:
    """Return the fine positions along `axis` at which anything is found."""
    others = tuple(other for other in range(3) if other != axis)
    return np.flatnonzero(coarse.any(others)) * -(-length // _SAMPLES)


def _extent(coarse: NDArray[np.bool_], axis: int, length: int) -> tuple[int, int]:
    found = _present(coarse, axis, length)
    return (int(found[0]), int(found[-1])) if found.size else (0, length - 1)


def _middle(coarse: NDArray[np.bool_], axis: int, otherwise: int, length: int) -> int:
    found = _present(coarse, axis, length)
    return int(found[0] + found[-1]) // 2 if found.size else otherwise
