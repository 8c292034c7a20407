"""A CT as the rules of anatomy see it: the bytes that the network saw, their size, and the field of view.

The rules run on this grid, not on the scan's own: it is small, it exists already, and the network decided on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pleura.geometry import axial_order, axial_spacing
from pleura.inference.bundle import Bundle
from pleura.inference.grid import FieldOfView
from pleura.inference.morphology import dilate
from pleura.volume import Volume

Mask = NDArray[np.bool_]

PLAUSIBLE_MM = (0.3, 20.0)
"""Voxels of the grid that a person's scan can have: infants come to 0.5 mm in the slice, thick slices to 10 mm."""

EDGE = 2
"""Pixels from the edge of the field of view, on the coarse grid, in which up-sampling mixes scan and padding."""


@dataclass(frozen=True, eq=False)
class GridScan:
    """A CT on the model's grid.

    Attributes
    ----------
    planes : (z, side, side) uint8, HU of the window stretched to 0..255; axes run to the head, back and left
    spacing : millimetres between voxels along (z, y, x)
    window : HU of bytes 0 and 255
    fov : where the grid lies on the slices
    slice_shape : rows and columns of the slices
    spacing_known : False where the millimetres are a guess
    """

    planes: NDArray[np.uint8]
    spacing: tuple[float, float, float]
    window: tuple[float, float]
    fov: FieldOfView
    slice_shape: tuple[int, int]
    spacing_known: bool = True

    def byte(self, hu: float) -> float:
        """Return the byte that stands for a CT number."""
        low, high = self.window
        return (hu - low) * 255.0 / (high - low)

    @property
    def voxel_ml(self) -> float:
        """Return the volume of a voxel in millilitres."""
        return float(np.prod(self.spacing)) / 1000.0

    @property
    def coarse_voxel_ml(self) -> float:
        """Return the same for the coarse grid, which takes every second pixel."""
        return 4.0 * self.voxel_ml

    @property
    def plausible(self) -> bool:
        """Say whether the voxels have a known size that scans of people have."""
        return self.spacing_known and all(PLAUSIBLE_MM[0] <= step <= PLAUSIBLE_MM[1] for step in self.spacing)

    @cached_property
    def coarse(self) -> NDArray[np.uint8]:
        """Return every second pixel of every slice, (z, side / 2, side / 2)."""
        return np.ascontiguousarray(self.planes[:, ::2, ::2])

    @cached_property
    def unseen(self) -> Mask:
        """Return where the coarse grid shows nothing of the patient in any slice, (side / 2 + 2, side / 2 + 2).

        That is beyond the edges of the slices, and outside the circle of reconstruction, where every slice holds the
        lowest value. The outermost pixels lie one step beyond the grid; they are unseen where the slices end there.
        """
        side = self.coarse.shape[1]
        unseen = np.pad(self.coarse.max(axis=0) == 0, 1)
        for axis, (start, length, size) in enumerate(
            zip(
                (self.fov.top, self.fov.left),
                (self.fov.height, self.fov.width),
                self.slice_shape,
                strict=True,
            )
        ):
            centres = start + (2.0 * np.arange(-1, side + 1) + 0.5) * length / (2 * side)
            beyond = (centres < 0) | (centres > size)
            unseen |= beyond[:, None] if axis == 0 else beyond[None, :]
        return np.asarray(unseen)

    @cached_property
    def edge(self) -> Mask:
        """Return the pixels of the coarse grid that lie at the edge of the field of view, (side / 2, side / 2)."""
        near = self.unseen
        for _ in range(EDGE):
            near = dilate(near, (0, 1))
        return np.asarray((near & ~self.unseen)[1:-1, 1:-1])


def grid_scan(volume: Volume, planes: NDArray[np.uint8], fov: FieldOfView, bundle: Bundle) -> GridScan:
    """Return the planes (z, side, side) that were sampled from a volume in HU over a field of view of its slices."""
    axes, _ = axial_order(volume.affine)
    slice_spacing, row, column = axial_spacing(volume.affine)
    return GridScan(
        planes=planes,
        spacing=(slice_spacing, row * fov.height / bundle.side, column * fov.width / bundle.side),
        window=bundle.hu_window,
        fov=fov,
        slice_shape=(volume.shape[axes[1]], volume.shape[axes[2]]),
        spacing_known=volume.spacing_known,
    )
