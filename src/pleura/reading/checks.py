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
    return replace(volume, identity=identity, notes=(*volume.notes, *_coverage(volume, z)))


def fingerprint(volume: Volume) -> str:
    """Return the sha256 of the voxel bytes in array order, little endian."""
    digest = hashlib.sha256()
    for plane in volume.voxels:
        digest.update(np.ascontiguousarray(plane, plane.dtype.newbyteorder("<")))
    return digest.hexdigest()


def _coverage(volume: Volume, along: int) -> tuple[Note, ...]:
    if volume.planar or not volume.spacing_known:
        return ()
    count = volume.shape[along]
    covered = count * volume.spacing[along]
    if count > 1 and covered >= SHORT:
        return ()
    slices = "one slice" if count == 1 else f"{count} slices"
    return (Note("short-coverage", f"{slices} cover {covered:.0f} mm of the body: the lungs are not whole"),)
