"""Where the voxels of a NIfTI file lie: two matrices that may disagree, a sign that may be missing, and a unit.

References: https://nifti.nimh.nih.gov/nifti-1 (qform, sform, pixdim, xyzt_units).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnsuitableInput
from pleura.geometry import corner_distance, spacing_of, swap_lps_ras
from pleura.reading.checks import in_millimetres
from pleura.volume import Affine, NiftiForms, Note

if TYPE_CHECKING:
    from nibabel import Nifti1Header

_UNITS = {1: 1000.0, 2: 1.0, 3: 0.001}
"""Millimetres of the codes for metre, millimetre and micrometre; any other code is taken as millimetres."""
_APART = 0.5
"""Share of the smallest voxel side by which sform and qform may place a voxel differently: rounding stays far below."""


@dataclass(frozen=True, eq=False)
class NiftiGeometry:
    """Where the voxels lie.

    Attributes
    ----------
    affine : (4, 4) array index (k, j, i, 1) -> LPS millimetres
    forms : sform and qform, where the header states both
    notes : what was found wrong, and what was taken
    """

    affine: Affine
    forms: NiftiForms | None
    notes: tuple[Note, ...]


def read_geometry(header: Nifti1Header, shape: tuple[int, ...]) -> NiftiGeometry:
    """Return where the voxels of a file lie.

    The sform is followed where it is set and usable, as nibabel does, else the qform; with neither the voxels are laid
    along the axes in their order.

    Parameters
    ----------
    header : nibabel's; its pixdim is mended in place
    shape : (x, y) or (x, y, z)

    Raises
    ------
    UnsuitableInput : without a usable sform, a side of the voxels is zero or no number (`bad-spacing`)
    """
    sides = np.abs(np.array(header["pixdim"][1 : 1 + len(shape)], np.float64))
    _mend_pixdim(header)
    sform, qform = _sform(header), _qform(header)
    if sform is None and any(size > 1 and not 0 < side < np.inf for size, side in zip(shape, sides, strict=True)):
        raise UnsuitableInput("a side of the voxels is zero or no number (pixdim)", code="bad-spacing")
    taken = next((form for form in (sform, qform) if form is not None), None)
    matrix = np.array(header.get_base_affine() if taken is None else taken, np.float64)
    size = (*shape, 1)[:3]
    affine, notes = in_millimetres(
        swap_lps_ras(matrix), size[::-1], _UNITS.get(int(header["xyzt_units"]) & 7, 1.0), known=taken is not None
    )
    scale = float(np.linalg.norm(affine[:3, 0]) / np.linalg.norm(matrix[:3, 2]))
    forms = None
    if sform is not None and qform is not None:
        codes = int(header["sform_code"]), int(header["qform_code"])
        forms = NiftiForms(_scaled(sform, scale), codes[0], _scaled(qform, scale), codes[1])
    return NiftiGeometry(affine, forms, (*_form_notes(header, sform, qform), *_disagreement(forms, size), *notes))


def _mend_pixdim(header: Nifti1Header) -> None:
    """Set the sign of the third axis, where 0 counts as 1, and the sides of voxels, which have no sign."""
    pixdim = header["pixdim"]
    pixdim[0] = -1.0 if pixdim[0] < 0 else 1.0
    sides = np.abs(pixdim[1:4])
    pixdim[1:4] = np.where(np.isfinite(sides) & (sides > 0), sides, 1.0)


def _sform(header: Nifti1Header) -> Affine | None:
    """Return the sform, or None where it is not set, or set but flat or not finite."""
    if int(header["sform_code"]) <= 0:
        return None
    matrix = np.array(header.get_sform(), np.float64)
    sides = np.linalg.norm(matrix[:3, :3], axis=0)
    if not np.isfinite(matrix).all() or sides.min() == 0 or abs(np.linalg.det(matrix[:3, :3] / sides)) < 1e-6:
        return None
    return matrix


def _qform(header: Nifti1Header) -> Affine | None:
    """Return the qform, or None where it is not set or not finite; a quaternion longer than 1 is made a unit one."""
    if int(header["qform_code"]) <= 0:
        return None
    quaternion = np.array([header[f"quatern_{letter}"] for letter in "bcd"], np.float64)
    offset = np.array([header[f"qoffset_{letter}"] for letter in "xyz"], np.float64)
    if not (np.isfinite(quaternion).all() and np.isfinite(offset).all()):
        return None
    length = float(np.linalg.norm(quaternion))
    if length > 1:
        for letter, value in zip("bcd", quaternion / length, strict=True):
            header[f"quatern_{letter}"] = value
    return np.array(header.get_qform(), np.float64)


def _form_notes(header: Nifti1Header, sform: Affine | None, qform: Affine | None) -> list[Note]:
    if sform is None and qform is None:
        text = "neither qform nor sform is usable: the orientation is a guess, and right and left may be exchanged"
        return [Note("orientation-unknown", text)]
    if sform is None and int(header["sform_code"]) > 0:
        return [Note("sform-unusable", "the sform is set but flat or empty; the qform was followed")]
    followed = qform if sform is None else sform
    if followed is not None and np.array_equal(followed, np.eye(4)):
        text = (
            "the matrix is the identity, as programs write it that know none: millimetres, right and left may be wrong"
        )
        return [Note("identity-matrix", text)]
    return []


def _disagreement(forms: NiftiForms | None, shape: tuple[int, ...]) -> list[Note]:
    """Return a note where sform and qform place a corner of the scan more than half a voxel apart."""
    if forms is None:
        return []
    apart = corner_distance(shape, forms.sform, forms.qform)
    if apart <= _APART * min(spacing_of(forms.sform)):
        return []
    mirrored = np.linalg.det(forms.sform[:3, :3]) * np.linalg.det(forms.qform[:3, :3]) < 0
    sides = ", and right is left in one of them" if mirrored else ""
    text = (
        f"sform and qform lie up to {apart:.0f} mm apart{sides};"
        " the sform was followed, other programs may follow the qform; a NIfTI mask keeps both"
    )
    return [Note("forms-disagree", text)]


def _scaled(matrix: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    return np.diag([scale, scale, scale, 1.0]) @ matrix
