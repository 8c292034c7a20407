"""NIfTI files by nibabel, for the tests of their voxels and of their geometry."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
from dicom_files import chest
from numpy.typing import NDArray

ONE = nib.Nifti1Image
RAS = np.diag([-5.0, -5.0, 5.0, 1.0])
HU = chest((40, 36, 48)).transpose(2, 1, 0)
"""(x, y, z), as NIfTI counts its axes."""


def save(data: NDArray[np.generic], path: Path, affine: NDArray[np.float64] = RAS, *, form: type = ONE) -> Path:
    nib.save(form(data, affine), path)
    return path
