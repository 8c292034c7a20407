"""An image that nibabel or SimpleITK has read: its values and its place become a volume, as from the file it came from.

Neither package is imported here: whoever hands over an image has it already.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeGuard

import numpy as np

from pleura.arrays import Array
from pleura.errors import UnsuitableInput
from pleura.geometry import swap_lps_ras
from pleura.reading.array import raw_from_array
from pleura.reading.checks import checked, in_millimetres
from pleura.reading.nifti_geometry import read_geometry
from pleura.reading.raw_image import to_volume
from pleura.volume import Affine, NiftiForms, Note, Volume

_Parts = tuple[Array, Affine | None, NiftiForms | None, tuple[Note, ...]]
"""Values (z, y, x) or (y, x); array index -> LPS millimetres, None where nobody states them; both matrices of NIfTI;
what was found wrong with them."""


class NibabelImage(Protocol):
    """What every image of nibabel has; ``nibabel.load`` promises no voxels, so whether it has some is asked later."""

    @property
    def header(self) -> Any: ...  # noqa: D102
    def get_filename(self) -> str | None: ...  # noqa: D102


class ItkImage(Protocol):
    """What is used of ``SimpleITK.Image``; points are LPS millimetres, axes run (x, y, z)."""

    def GetSpacing(self) -> Sequence[float]: ...  # noqa: N802, D102
    def GetOrigin(self) -> Sequence[float]: ...  # noqa: N802, D102
    def GetDirection(self) -> Sequence[float]: ...  # noqa: N802, D102
    def GetNumberOfComponentsPerPixel(self) -> int: ...  # noqa: N802, D102


def is_image(source: object) -> TypeGuard[NibabelImage | ItkImage]:
    """Say whether it is an image of nibabel or SimpleITK."""
    return _package(source) is not None


def from_image(image: NibabelImage | ItkImage) -> Volume:
    """Return an image that is in memory as a volume; the image is left as it is.

    Raises
    ------
    UnsuitableInput : not two or three axes, colour, or values that are not a scan
    """
    package = _package(image)
    array, affine, forms, notes = _from_nibabel(image) if package == "nibabel" else _from_itk(image)
    raw = raw_from_array(array, affine=affine)
    raw = replace(raw, format=str(package).lower(), notes=(*notes, *raw.notes), nifti_forms=forms)
    return checked(to_volume(raw))


def _package(source: object) -> str | None:
    """Return which of the two packages made the class of an object, or a class that it derives from."""
    packages = (base.__module__.partition(".")[0] for base in type(source).__mro__)
    return next((name for name in packages if name in {"nibabel", "SimpleITK"}), None)


def _from_nibabel(image: Any) -> _Parts:
    if not hasattr(image, "dataobj") or not hasattr(image, "affine"):
        raise UnsuitableInput(f"a nibabel {type(image).__name__} is not an image of voxels", code="bad-source")
    values = np.asanyarray(image.dataobj)
    while values.ndim > 3 and values.shape[-1] == 1:
        values = values[..., 0]
    if hasattr(image.header, "get_sform") and values.ndim in {2, 3}:
        geometry = read_geometry(image.header.copy(), values.shape)
        return values.T, geometry.affine, geometry.forms, geometry.notes
    return values.T, None if image.affine is None else swap_lps_ras(image.affine), None, ()


def _from_itk(image: Any) -> _Parts:
    if image.GetNumberOfComponentsPerPixel() != 1:
        raise UnsuitableInput("colour voxels are not CT numbers", code="colour")
    values = sys.modules["SimpleITK"].GetArrayViewFromImage(image)
    while values.ndim > 3 and values.shape[0] == 1:
        values = values[0]
    axes = min(values.ndim, 3)
    spacing, origin = (np.array(given, np.float64)[:axes] for given in (image.GetSpacing(), image.GetOrigin()))
    count = image.GetDimension()
    direction = np.array(image.GetDirection(), np.float64).reshape(count, count)[:axes, :axes]
    if axes == 2 and (spacing == 1).all():
        return values, None, None, ()  # what ITK says of a picture that states no millimetres
    affine = np.eye(4)
    affine[:axes, :axes] = direction * spacing
    affine[:axes, 3] = origin
    affine, notes = in_millimetres(affine[:, [2, 1, 0, 3]], (1, *values.shape)[-3:])
    return values, affine, None, notes
