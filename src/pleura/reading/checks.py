"""What every volume has to pass, whatever it was read from: size, right angles and coverage."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from pleura.errors import UnsuitableInput
from pleura.volume import Affine, Note, Volume, axial_order

SMALLEST = 32
"""Voxels along the smaller side of an axial slice below which there is nothing to see."""
NARROWEST = 8.0
"""Times its width that a slice or picture may be tall, or the other way round; whole bodies lying down reach 5."""
SHORT = 100.0
"""Millimetres along the body that whole lungs take at least."""
SPARSE = 10.0
"""Millimetres between slices above which a stack is not a volume."""
TILTED = 0.5
"""Degrees off right angles from which a grid is called sheared."""


def checked(volume: Volume) -> Volume:
    """Return the volume with its hash and the notes on its grid.

    Raises
    ------
    UnsuitableInput : see `grid_notes`
    """
    noted = grid_notes(volume.shape, volume.affine, slab=volume.spacing_known and not volume.planar)
    identity = replace(volume.identity, sha256=fingerprint(volume))
    return replace(volume, identity=identity, notes=(*volume.notes, *noted))


def grid_notes(shape: tuple[int, int, int], affine: Affine, *, slab: bool) -> tuple[Note, ...]:
    """Return what is to be said of a grid.

    Parameters
    ----------
    shape : slices, rows, columns
    affine : (4, 4) array index -> LPS millimetres
    slab : True where the grid covers a known length of the body, which may be too short

    Raises
    ------
    UnsuitableInput : the axial slices of the grid are too small or too narrow
    """
    (z, y, x), _ = axial_order(affine)
    if min(shape[y], shape[x]) < SMALLEST:
        across = f"{shape[y]} x {shape[x]}"
        raise UnsuitableInput(f"axial slices of {across} voxels are too small for a chest", code="too-small")
    step, tall, wide = np.linalg.norm(affine[:3, [z, y, x]], axis=0) * (1, shape[y], shape[x])
    if max(tall, wide) > NARROWEST * min(tall, wide):
        across = f"{shape[y]} x {shape[x]}"
        raise UnsuitableInput(f"axial slices of {across} voxels are too narrow for a chest", code="too-narrow")
    step = float(step)
    return (*_shear(affine), *(_coverage(shape[z], step) if slab else ()))


def fingerprint(volume: Volume) -> str:
    """Return the sha256 of the voxel bytes in array order, little endian."""
    digest = hashlib.sha256()
    for plane in volume.voxels:
        digest.update(np.ascontiguousarray(plane, plane.dtype.newbyteorder("<")).data)
    return digest.hexdigest()


def _shear(affine: Affine) -> tuple[Note, ...]:
    """Note axes that are not at right angles; the grid is kept, so that labels lie on the scan's own voxels."""
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    cosine = np.abs(axes.T @ axes)[np.triu_indices(3, 1)].max()
    angle = float(np.degrees(np.arcsin(min(1.0, cosine))))
    if angle < TILTED:
        return ()
    text = f"the axes are {angle:.1f} degrees off right angles, as after a gantry tilt; the grid is kept as it is"
    return (Note("gantry-tilt", text),)


def _coverage(count: int, step: float) -> tuple[Note, ...]:
    notes = []
    if count > 1 and step > SPARSE:
        text = f"slices lie {step:.1f} mm apart; what is between them was not seen"
        notes.append(Note("sparse-slices", text))
    if count == 1 or count * step < SHORT:
        slices = "one slice covers" if count == 1 else f"{count} slices cover"
        text = f"{slices} {count * step:.0f} mm of the body: the lungs are not whole"
        notes.append(Note("short-coverage", text))
    return tuple(notes)
