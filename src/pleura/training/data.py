"""Training cases in memory: neighbouring slices (often just one) with their labels, brought to one size once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pleura.arrays import Array
from pleura.inference.grid import FieldOfView, body_fov, lung_fov, whole_fov
from pleura.volume import Kind

SIDE = 256
"""Side of the stored slices in pixels."""

CONTEXT_MM = 5.0
"""Distance of the neighbouring slices that the network sees beside the one it labels."""


HU_WINDOW = (-1024.0, 400.0)
"""The window in which the shipped network sees HU scans, scaled to 0..1."""

GREY_RANGE = (0.0, 255.0)
"""The range of pictures that are not HU."""


@dataclass(frozen=True, eq=False)
class TrainingCase:
    """Neighbouring axial slices of one scan, at `SIDE` x `SIDE`.

    Attributes
    ----------
    source : name of the set it came from; sets are drawn with weights
    id : of the case in the manifest of its set
    name : what people know it by: its file in the source, where the data set says it, else its id
    slices : (z, SIDE, SIDE) int16: HU, or greys 0..255 for `Kind.WINDOWED`
    labels : (z, SIDE, SIDE) uint8: 0 background, 1 right lung, 2 left lung (or what the data set says), 255 unknown
    fov : what the grid is laid over
    slice_spacing : millimetres between slices, or None where it is not known or there is one slice only
    sides : (z,) bool; where False, both lungs carry the label 1
    """

    source: str
    slices: NDArray[np.int16]
    labels: NDArray[np.uint8]
    fov: FieldOfView
    slice_spacing: float | None
    kind: Kind
    sides: NDArray[np.bool_]
    id: str = ""
    name: str = ""


@dataclass(frozen=True, eq=False)
class ReadSlices:
    """Axial slices as they are read, of any size.

    Attributes
    ----------
    slices : (z, y, x)
    labels : (z, y, x), as those of a `TrainingCase`
    kind : what the values are
    sides : (z,) bool; where False, both lungs carry the label 1
    slice_spacing : millimetres between slices, or None
    spacing : millimetres between rows and between columns; only their ratio counts
    """

    slices: Array
    labels: NDArray[np.uint8]
    kind: Kind
    sides: NDArray[np.bool_]
    slice_spacing: float | None = None
    spacing: tuple[float, float] = (1.0, 1.0)


def with_convention_channel(images: Tensor, values: Sequence[float | None]) -> Tensor:
    """Return images (n, c, h, w) with one more channel that holds the value of each, or as they are."""
    if values and values[0] is not None:
        planes = torch.tensor([float(value or 0.0) for value in values]).view(-1, 1, 1, 1)
        return torch.cat([images, planes.expand(-1, 1, *images.shape[2:])], dim=1)
    return images


def make_case(read: ReadSlices, view: str, *, source: str, id: str = "", name: str = "") -> TrainingCase:  # noqa: A002
    """Return a case of slices of any size.

    `view` is what the grid is laid over, see `TrainingConfig`; the other arguments are fields of `TrainingCase`.
    """
    slices, labels = _to_side(read.slices, read.labels, read.kind)
    if view == "whole":
        scale = SIDE / max(read.slices.shape[1:])
        fov = whole_fov(tuple(round(size * scale) for size in read.slices.shape[1:]), read.spacing)
    elif view == "body" or not labels.any():
        fov = body_fov(slices, read.spacing, read.kind)
    else:
        fov = lung_fov(labels > 0, FieldOfView(0, 0, SIDE, SIDE), read.spacing)
    return TrainingCase(source, slices, labels, fov, read.slice_spacing, read.kind, read.sides, id, name)


def _to_side(slices: Array, labels: NDArray[np.uint8], kind: Kind) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """Scale to fit `SIDE` x `SIDE`, equally along both axes, padded with air at the lower right."""
    from scipy import ndimage

    depth, *plane = slices.shape
    scale = SIDE / max(plane)
    air = -1024 if kind is Kind.HU else 0
    values = np.setdiff1d(labels, [0])
    image = np.full((depth, SIDE, SIDE), air, np.int16)
    label = np.zeros((depth, SIDE, SIDE), np.uint8)
    for z in range(depth):
        if scale == 1.0:
            small, small_label = slices[z], labels[z]
        else:
            small = ndimage.zoom(slices[z].astype(np.float32), scale, order=1, mode="nearest", grid_mode=True)
            parts = [
                ndimage.zoom((labels[z] == value).astype(np.float32), scale, order=1, mode="nearest", grid_mode=True)
                for value in values
            ]
            small_label = np.where(sum(parts) > 0.5, values[np.argmax(parts, axis=0)], 0) if parts else 0
        rows, columns = small.shape
        image[z, :rows, :columns] = np.rint(small)
        label[z, :rows, :columns] = small_label
    return image, label
