"""What every volume has to pass, whatever it was read from: size, orientation and coverage."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from pleura.errors import UnsuitableInput
from pleura.volume import Note, Volume, axial_order

SMALLEST = 32
"""Voxels along the smaller side of an axial slice below which there is nothing to see."""
SHORT = 100.0
"""Millimetres along the body that whole lungs take at least."""
TILTED = 0.5
"""Degrees off right angles from which a grid is called sheared."""


def checked(volume: Volume) -> Volume:
    """Return the volume with its hash and the notes on its coverage.

    Raises
    ------
    UnsuitableInput : the slices are too small, or a single slice is not axial
    """
    (z, y, x), _ = axial_order(volume.affine)
    shape = volume.shape
    if min(shape[y], shape[x]) < SMALLEST:
        across = f"{shape[y]} x {shape[x]}"
        raise UnsuitableInput(f"axial slices of {across} voxels are too small for a chest", code="too-small")
    identity = replace(volume.identity, sha256=fingerprint(volume))
    return replace(volume, identity=identity, notes=(*volume.notes, *_shear(volume), *_coverage(volume, z)))


def fingerprint(volume: Volume) -> str:
    """Return the sha256 of the voxel bytes in array order, little endian."""
    digest = hashlib.sha256()
    for plane in volume.voxels:
        digest.update(np.ascontiguousarray(plane, plane.dtype.newbyteorder("<")).data)
    return digest.hexdigest()


def _shear(volume: Volume) -> tuple[Note, ...]:
    """Note axes that are not at right angles; the grid is kept, so that labels lie on the scan's own voxels."""
    axes = volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0)
    cosine = np.abs(axes.T @ axes)[np.triu_indices(3, 1)].max()
    angle = float(np.degrees(np.arcsin(min(1.0, cosine))))
    if angle < TILTED:
        return ()
    text = f"the axes are {angle:.1f} degrees off right angles, as after a gantry tilt; the grid is kept as it is"
    return (Note("gantry-tilt", text),)


def _coverage(volume: Volume, along: int) -> tuple[Note, ...]:
    if volume.planar or not volume.spacing_known:
        return ()
    count = volume.shape[along]
    covered = count * volume.spacing[along]
    if count > 1 and covered >= SHORT:
        return ()
    slices = "one slice" if count == 1 else f"{count} slices"
    return (Note("short-coverage", f"{slices} cover {covered:.0f} mm of the body: the lungs are not whole"),)
