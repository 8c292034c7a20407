"""The files of a dataset: 16-bit TIFF or 8-bit PNG for a slice, NIfTI for a volume; same input, same bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from pleura.arrays import Array
from pleura.files import atomic_write
from pleura.geometry import swap_lps_ras
from pleura.volume import Affine

_SAMPLE_FORMAT, _SIGNED = 339, 2
"""The tag SampleFormat of TIFF 6.0, and its value for signed integers."""


def write_slice(path: Path, plane: Array) -> None:
    """Write (y, x) int16 as a signed TIFF, uint8 as a PNG; the suffix of `path` says which.

    Raises
    ------
    UnwritableOutput : the system refuses (`not-written`)
    """
    from PIL import Image

    with atomic_write(path) as file:
        if path.suffix == ".tif":
            unsigned = Image.fromarray(np.ascontiguousarray(plane, np.int16).view(np.uint16))
            unsigned.save(file, format="TIFF", tiffinfo={_SAMPLE_FORMAT: _SIGNED})
        else:
            Image.fromarray(np.ascontiguousarray(plane, np.uint8)).save(file, format="PNG")


def write_volume(path: Path, voxels: Array, affine: Affine) -> None:
    """Write (z, y, x) values with their LPS affine as `.nii.gz`, without a name or a time in it.

    Raises
    ------
    UnwritableOutput : the system refuses (`not-written`)
    """
    import gzip

    from nibabel.nifti1 import Nifti1Image

    image = Nifti1Image(voxels.transpose(2, 1, 0), swap_lps_ras(affine))
    image.header.set_xyzt_units("mm")
    with (
        atomic_write(path) as file,
        gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0, compresslevel=1) as packed,
    ):
        packed.write(image.to_bytes())


def file_hash(paths: tuple[Path, ...]) -> str:
    """Return the sha256 of the bytes of files, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
