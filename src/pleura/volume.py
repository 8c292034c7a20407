"""A scan as every part of `pleura` sees it: voxels, where they lie in the patient, and what their values mean.

Arrays are (z, y, x): slices, rows, columns. `affine` follows the array: its columns belong to the axes of `voxels`
in their own order, so ``affine @ (k, j, i, 1)`` is the centre of ``voxels[k, j, i]`` in patient millimetres, LPS
(x to the patient's left, y to the back, z to the head). NIfTI's RAS becomes LPS on reading and RAS
again on writing.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.errors import UnsuitableInput

Affine = NDArray[np.float64]
"""(4, 4): array index (k, j, i, 1) -> patient millimetres (x, y, z, 1), LPS."""

Spacing = tuple[float, float, float]
"""Millimetres between voxel centres along the array's axes (z, y, x)."""


FARTHEST = 1e9
"""Millimetres from the origin, a thousand kilometres, beyond which a place is a damaged number."""
LARGEST = 1e5
"""Millimetres along any side of a volume, a hundred metres: no body, and no picture whose pixels count as one each."""


class Kind(enum.StrEnum):
    """What the voxel values are."""

    HU = "hu"
    """CT numbers: air -1000, water 0."""
    WINDOWED = "windowed"
    """Grey values of a CT picture, stretched by an unknown window to 0..255."""
    RADIOGRAPH = "radiograph"
    """A projection image, bone bright."""

    @classmethod
    def _missing_(cls, value: object) -> Kind:
        raise UnsuitableInput(
            f"there is no kind of values {value!r}; choose from {', '.join(cls)}", code="unknown-kind"
        )


KindName = Literal["hu", "windowed", "radiograph"]
"""The text of a `Kind`, which stands for it."""


@dataclass(frozen=True)
class Note:
    """A decision or a finding as data: a stable kebab-case `code` and a sentence without personal data."""

    code: str
    message: str

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Identity:
    """What a volume was read from, by content: never a patient's name or id, never a file name.

    `sha256` is the hash of the voxel bytes in array order; the UIDs are empty unless the source was DICOM.
    `instance_uids` follow the slices of the array.
    """

    format: str = "array"
    sha256: str = ""
    study_uid: str = ""
    series_uid: str = ""
    frame_of_reference_uid: str = ""
    instance_uids: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class NiftiForms:
    """Both matrices of a NIfTI header, which may disagree: a mask keeps them as its source has them.

    Attributes
    ----------
    sform, qform : (4, 4) voxel index (i, j, k, 1) -> RAS millimetres
    sform_code, qform_code : the space that each matrix leads to, as the header states it
    """

    sform: NDArray[np.float64]
    sform_code: int
    qform: NDArray[np.float64]
    qform_code: int


@dataclass(frozen=True)
class SourceSlice:
    """The DICOM image that one slice of a volume was read from.

    Attributes
    ----------
    class_uid, instance_uid : SOP class and instance
    frame : number of the frame from 1 in an object of many frames; None in one of a single image
    position : (x, y, z) LPS millimetres of the centre of the first pixel, as stated; None where it is not
    """

    class_uid: str
    instance_uid: str
    frame: int | None
    position: tuple[float, float, float] | None


@dataclass(frozen=True, eq=False, repr=False)
class DicomSource:
    """What writers of DICOM copy from the scan that a volume was read from, and refer to.

    Attributes
    ----------
    header : the first file up to its pixel data. It holds the patient's data, which go into DICOM objects of the same
        patient and nowhere else
    slices : one for each slice of the array; None for a slice that was interpolated
    """

    header: bytes
    slices: tuple[SourceSlice | None, ...]


@dataclass(frozen=True)
class Acquisition:
    """What a DICOM header says of how a CT was made, as far as the meaning of its values depends on it.

    Attributes
    ----------
    kernel : of reconstruction, in the words of its maker; empty where it is not stated
    contrast : whether a contrast agent was given; None where nothing is said of it
    slice_thickness_mm : of the thickest slice; None where it is not stated
    expiration : True where the description of the series says that the patient breathed out
    """

    kernel: str = ""
    contrast: bool | None = None
    slice_thickness_mm: float | None = None
    expiration: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Volume:
    """A scan on its own grid.

    Attributes
    ----------
    voxels : (z, y, x) int16 HU for `Kind.HU`; uint8, uint16 or float32 grey values for the other kinds
    affine : (4, 4) float64, array index (k, j, i, 1) -> LPS millimetres
    kind : what the values mean
    is_picture : True for a single picture, whose labels are handed back as (y, x)
    spacing_known : False where the source holds no millimetres, or none to be believed; distances then count pixels
    identity : what it was read from
    notes : what the reader decided and why
    nifti_forms : sform and qform of a NIfTI source that states both
    source : of DICOM, what writers of DICOM copy and refer to; None for all else
    acquisition : of a CT in DICOM, how it was made; None where the source does not say
    """

    voxels: Array
    affine: Affine
    kind: Kind = Kind.HU
    is_picture: bool = False
    spacing_known: bool = True
    identity: Identity = field(default_factory=Identity)
    notes: tuple[Note, ...] = ()
    nifti_forms: NiftiForms | None = None
    source: DicomSource | None = None
    acquisition: Acquisition | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", Kind(self.kind))  # its text will do
        if self.voxels.ndim != 3 or 0 in self.voxels.shape:
            raise UnsuitableInput(f"a volume has three axes (z, y, x), got {self.voxels.shape}", code="bad-shape")
        if self.affine.shape != (4, 4) or not np.isfinite(self.affine).all():
            raise UnsuitableInput("the affine must be a finite 4 x 4 matrix", code="bad-affine")
        steps, origin = np.abs(self.affine[:3, :3]).max(axis=0), np.abs(self.affine[:3, 3])
        if any(steps > LARGEST / np.array(self.voxels.shape)) or origin.max() > FARTHEST:
            raise UnsuitableInput("no body is as large, or lies as far off, as the affine says", code="bad-spacing")
        if abs(np.linalg.det(self.affine[:3, :3])) < 1e-9:
            raise UnsuitableInput("the affine is singular: two axes point the same way", code="bad-affine")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Slices, rows, columns."""
        z, y, x = self.voxels.shape
        return z, y, x

    @property
    def spacing(self) -> Spacing:
        """Millimetres between voxel centres along (z, y, x)."""
        z, y, x = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(z), float(y), float(x)

    def __repr__(self) -> str:
        notes = ", ".join(note.code for note in self.notes)
        return f"Volume({self.kind}, {grid_text(self)}, {f'notes: {notes}' if notes else 'no notes'})"


def input_fields(volume: Volume) -> dict[str, object]:
    """Return what a mask states of the scan it belongs to, by its content: no name, no file."""
    identity = volume.identity
    return {
        "format": identity.format,
        "sha256": identity.sha256,
        "series_uid": identity.series_uid,
        "kind": volume.kind.value,
        "shape": list(volume.shape),
    }


def grid_text(volume: Volume) -> str:
    """Return voxels along each axis, and millimetres where known: ``87 x 256 x 256, 2.50 x 0.70 x 0.70 mm``."""
    first = 1 if volume.is_picture else 0
    shape = " x ".join(str(count) for count in volume.shape[first:])
    steps = " x ".join(f"{step:.2f}" for step in volume.spacing[first:])
    return f"{shape}, {steps} mm" if volume.spacing_known else shape
