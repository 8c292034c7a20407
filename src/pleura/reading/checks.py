"""What every volume has to pass, whatever it was read from: size, right angles and coverage."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pleura.errors import UnsuitableInput
from pleura.geometry import axial_order
from pleura.volume import Affine, Note, Volume

SMALLEST = 32
"""Voxels along the smaller side of an axial slice below which there is nothing to see."""
NARROWEST = 8.0
"""Times its width that a slice or picture may be tall, or the other way round; whole bodies lying down reach 5."""
CHEST_COVERAGE = 100.0
"""Millimetres along the body that whole lungs take at least."""
SPARSE = 10.0
"""Millimetres between slices above which a stack is not a volume."""
_BODY = (60.0, 2000.0)
"""Millimetres of the longer side of axial slices: a newborn's chest cut close, and the largest field with a margin."""
TILTED = 0.5
"""Degrees off right angles from which a grid is called sheared."""


def checked(volume: Volume) -> Volume:
    """Return the volume with its hash and the notes on its grid.

    Raises
    ------
    UnsuitableInput : see `grid_notes`
    """
    noted = grid_notes(volume.shape, volume.affine, slab=volume.spacing_known and not volume.is_picture)
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


def not_3d(sizes: Sequence[int]) -> UnsuitableInput:
    """Return the error for an image of more axes than a volume has, or of fewer than a picture has."""
    shape = " x ".join(str(size) for size in sizes[:8])
    if len(sizes) < 3:
        return UnsuitableInput(f"an image of one axis ({shape}); give one volume of three axes", code="not-3d")
    text = f"an image of {len(sizes)} axes ({shape}): several volumes in one file; save the one you want by itself"
    return UnsuitableInput(text, code="not-3d")


def in_millimetres(
    affine: Affine, shape: tuple[int, ...], unit: float = 1.0, *, known: bool = True
) -> tuple[Affine, tuple[Note, ...]]:
    """Return an affine in millimetres, by its stated unit or, where no body has that size, by the one that fits.

    Metres, millimetres and micrometres lie a thousandfold apart, so that no chest is of a body's size in two of them.

    Parameters
    ----------
    affine : (4, 4) array index -> LPS in the source's numbers
    shape : slices, rows, columns
    unit : millimetres of one of those numbers, as stated
    known : False where the numbers say nothing of size
    """
    if not np.isfinite(affine).all() or not np.linalg.norm(affine[:3, :3], axis=0).all():
        return affine, ()  # no volume can have it
    (_, y, x), _ = axial_order(affine)
    longest = max(shape[axis] * float(np.linalg.norm(affine[:3, axis])) for axis in (y, x))
    fitting = [factor for factor in (unit, 1.0, 1000.0, 0.001) if _BODY[0] <= longest * factor <= _BODY[1]]
    factor = fitting[0] if fitting and known else unit
    scaled = np.diag([factor, factor, factor, 1.0]) @ affine
    if factor == unit:
        return scaled, ()
    text = f"by the stated unit slices are {longest * unit / 1000:.3g} m long; taken as {longest * factor:.0f} mm"
    return scaled, (Note("units-doubtful", text),)


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
    text = f"the axes are {angle:.1f} degrees off right angles, as after a gantry tilt; the grid is kept as it is;"
    text += " ITK programs do not open it as .nii.gz (write .nrrd or .mha for them)"
    return (Note("gantry-tilt", text),)


def _coverage(count: int, step: float) -> tuple[Note, ...]:
    notes = []
    if count > 1 and step > SPARSE:
        text = f"slices lie {step:.1f} mm apart; what is between them was not seen"
        notes.append(Note("sparse-slices", text))
    if count == 1 or count * step < CHEST_COVERAGE:
        slices = "one slice covers" if count == 1 else f"{count} slices cover"
        text = f"{slices} {count * step:.0f} mm of the body: the lungs are not whole"
        notes.append(Note("short-coverage", text))
    return tuple(notes)
