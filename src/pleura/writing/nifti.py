"""Write labels as NIfTI-1 with the scan's geometry in both of its forms.

The header is 348 bytes with fixed places, so it is filled in here: importing a NIfTI library would cost more time
than writing the mask. Arrays are (z, y, x) with x fastest in memory, which is NIfTI's own order of bytes for
(x, y, z); the affine's columns are reversed with the axes, and its LPS turned to RAS.

References
----------
The NIfTI-1 data format, nifti1.h, https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnwritableOutput
from pleura.geometry import swap_lps_ras
from pleura.segmentation import Segmentation
from pleura.volume import Affine, NiftiForms, Volume
from pleura.writing.compress import Container, deflate, slices
from pleura.writing.signature import signature_of

_HEADER = np.dtype(
    {
        "names": [
            "sizeof_hdr", "regular", "dim", "intent_code", "datatype", "bitpix", "pixdim", "vox_offset", "scl_slope",
            "xyzt_units", "cal_max", "descrip", "qform_code", "sform_code", "quatern", "qoffset", "srow",
            "intent_name", "magic",
        ],
        "formats": [
            "<i4", "S1", "<8i2", "<i2", "<i2", "<i2", "<8f4", "<f4", "<f4",
            "u1", "<f4", "S80", "<i2", "<i2", "<3f4", "<3f4", "<(3,4)f4",
            "S16", "S4",
        ],
        "offsets": [0, 38, 40, 68, 70, 72, 76, 108, 112, 123, 124, 148, 252, 254, 256, 268, 280, 328, 344],
        "itemsize": 348,
    }
)  # fmt: skip
_UINT8, _LABEL, _MILLIMETRES, _SCANNER, _OFFSET = 2, 1002, 2, 1, 352
"""Of nifti1.h: datatype, intent, unit, code of a form, and the first byte of voxels, behind header and extensions."""
_LONGEST = 32767
"""The sizes in `dim` are signed and have 16 bits."""


def write_nifti(segmentation: Segmentation, file: BinaryIO) -> None:
    """Write an uncompressed `.nii`."""
    for chunk in _chunks(segmentation):
        file.write(chunk)


def write_nifti_gz(segmentation: Segmentation, file: BinaryIO) -> None:
    """Write a `.nii.gz` whose gzip header holds neither a name nor a time."""
    for chunk in deflate(_chunks(segmentation), Container.GZIP):
        file.write(chunk)


def _chunks(segmentation: Segmentation) -> Iterator[bytes | memoryview]:
    """Yield header, empty extension flag and slices."""
    yield header(segmentation).tobytes() + bytes(_OFFSET - _HEADER.itemsize)
    yield from slices(segmentation.labels)


def header(segmentation: Segmentation) -> NDArray[np.void]:
    """Return the NIfTI-1 header of the labels, as one record.

    The sform holds the affine as it is. The qform can only turn and stretch: of a sheared affine it holds the
    nearest rotation, and its code 0 then tells readers to leave it. A source that is NIfTI itself and states both keeps
    both, with their codes, even where they disagree.
    """
    volume = segmentation.volume
    refuse_large(volume)
    forms = _forms(volume)
    quaternion, side, _ = _quaternion(forms.qform)
    record = np.zeros((), _HEADER)
    record["sizeof_hdr"], record["regular"], record["magic"] = _HEADER.itemsize, b"r", b"n+1"
    count = 2 if volume.is_picture and volume.identity.format == "nifti" else 3  # as many axes as the source has
    record["dim"] = (count, *volume.shape[::-1], 1, 1, 1, 1)
    record["pixdim"] = (side, *np.linalg.norm(forms.qform[:3, :3], axis=0), 0, 0, 0, 0)
    record["datatype"], record["bitpix"], record["vox_offset"], record["scl_slope"] = _UINT8, 8, _OFFSET, 1
    record["xyzt_units"] = _MILLIMETRES if volume.spacing_known else 0
    record["intent_code"], record["intent_name"] = _LABEL, b"lungs"
    record["cal_max"] = max(label.value for label in segmentation.structures)
    names = ", ".join(f"{label.value} {label.name}" for label in segmentation.structures)
    record["descrip"] = f"{signature_of(volume)}: {names}".encode()
    record["qform_code"], record["sform_code"] = forms.qform_code, forms.sform_code
    record["quatern"], record["qoffset"], record["srow"] = quaternion, forms.qform[:3, 3], forms.sform[:3]
    return record


def refuse_large(volume: Volume) -> None:
    """Refuse a scan with more voxels along a side than the header can state (`too-large`)."""
    if max(volume.shape) > _LONGEST:
        raise UnwritableOutput(f"NIfTI-1 holds {_LONGEST} voxels a side, not {max(volume.shape)}", code="too-large")


def _forms(volume: Volume) -> NiftiForms:
    """Return the source's own sform and qform, or one matrix for both, unless only the sform can hold it."""
    if volume.nifti_forms is not None:
        return volume.nifti_forms
    ras = swap_lps_ras(volume.affine)
    _, _, sheared = _quaternion(ras)
    return NiftiForms(ras, _SCANNER, ras, 0 if sheared else _SCANNER)


def _quaternion(affine: Affine) -> tuple[NDArray[np.float64], float, bool]:
    """Return (b, c, d) of the rotation nearest to `affine`, NIfTI's qfac, and whether a rotation is not enough.

    The rotation is the polar factor of the unit columns. A proper one is turned into a quaternion as the eigenvector
    of its symmetric 4 x 4 matrix, which has no special cases (Bar-Itzhack, J Guidance 23:1085, 2000).
    """
    columns = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    u, _, v = np.linalg.svd(columns)
    r = u @ v
    sheared = not np.allclose(r, columns, atol=1e-4)
    side = 1.0 if np.linalg.det(r) > 0 else -1.0
    r[:, 2] *= side
    k = np.array(
        [
            [r[0, 0] + r[1, 1] + r[2, 2], r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]],
            [0, r[0, 0] - r[1, 1] - r[2, 2], r[1, 0] + r[0, 1], r[0, 2] + r[2, 0]],
            [0, 0, r[1, 1] - r[0, 0] - r[2, 2], r[2, 1] + r[1, 2]],
            [0, 0, 0, r[2, 2] - r[0, 0] - r[1, 1]],
        ]
    )
    w, x, y, z = np.linalg.eigh(k, UPLO="U")[1][:, -1]
    # Readers take the scalar part as positive; where it is zero both signs are the same rotation.
    return np.array([x, y, z]) * (1.0 if w >= 0 else -1.0), side, sheared
