"""What holds of every format in every orientation.

1. A scan is (z, y, x) int16 HU with an affine, (4, 4) float64, array index -> LPS millimetres.
2. Each voxel keeps its value at its place in the patient, whatever way the axes of the file run.
3. Its spacing is that of the file, it is no picture, its values were taken as HU, and its identity names the format.
4. Read as a label map, the values are the stored ones, at the same places.
5. Read again, it is the same scan with the same hash.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK
from dicom_files import chest, ct_slice, save
from numpy.typing import NDArray
from orientations import ORIENTATIONS, affine_of

from pleura import Kind, Volume
from pleura.geometry import axial_affine, spacing_of, swap_lps_ras, to_axial
from pleura.reading import read, read_label_map
from pleura.reading.array import from_array
from pleura.reading.images import from_image

HU = chest((33, 34, 35))
STEPS = (5.0, 4.0, 6.0)
Grid = NDArray[np.float64]


def nibabel_image(kind: type[Any]) -> Callable[[Grid], Any]:
    return lambda affine: kind(np.ascontiguousarray(HU.T), swap_lps_ras(affine))


def itk_image(affine: Grid) -> Any:
    image = SimpleITK.GetImageFromArray(HU)
    steps = spacing_of(affine)[::-1]
    image.SetSpacing(steps)
    image.SetOrigin(affine[:3, 3])
    image.SetDirection((affine[:3, [2, 1, 0]] / steps).ravel())
    return image


def with_nibabel(kind: type[Any]) -> Callable[[Path, Grid], None]:
    return lambda path, affine: nibabel.save(nibabel_image(kind)(affine), path)


def with_itk(path: Path, affine: Grid) -> None:
    SimpleITK.WriteImage(itk_image(affine), path)


def as_dicom(path: Path, affine: Grid) -> None:
    """Write each (y, x) plane of the array as a slice; the names of the files do not follow their order."""
    path.mkdir()
    across, down = affine[:3, 2] / STEPS[2], affine[:3, 1] / STEPS[1]
    for k, plane in enumerate(HU):
        position = tuple(affine[:3, 3] + k * affine[:3, 0])
        slice_ = ct_slice(plane, position, orientation=(*across, *down), spacing=STEPS[1:], InstanceNumber=k)
        save(slice_, path / f"{(k * 7) % len(HU):02}.dcm")


FORMATS: dict[str, tuple[str, Callable[[Path, Grid], None]]] = {
    "nifti": ("scan.nii", with_nibabel(nibabel.Nifti1Image)),
    "nifti packed": ("scan.nii.gz", with_nibabel(nibabel.Nifti1Image)),
    "nifti pair": ("scan.img", with_nibabel(nibabel.Nifti1Pair)),
    "nifti 2": ("scan.nii", with_nibabel(nibabel.Nifti2Image)),
    "nrrd": ("scan.nrrd", with_itk),
    "nrrd with a detached header": ("scan.nhdr", with_itk),
    "metaimage": ("scan.mha", with_itk),
    "metaimage with a detached header": ("scan.mhd", with_itk),
    "dicom": ("series", as_dicom),
}
IN_MEMORY: dict[str, Callable[[Grid], Volume]] = {
    "array": lambda affine: from_array(HU, affine=affine),
    "nibabel": lambda affine: from_image(nibabel_image(nibabel.Nifti1Image)(affine)),
    "simpleitk": lambda affine: from_image(itk_image(affine)),
}
in_every_orientation = pytest.mark.parametrize("affine", [affine_of(*one, STEPS) for one in ORIENTATIONS])


@in_every_orientation
@pytest.mark.parametrize("form", FORMATS)
def test_every_file_holds_the_same_scan_whatever_way_its_axes_run(tmp_path: Path, form: str, affine: Grid) -> None:
    name, write = FORMATS[form]
    write(tmp_path / name, affine)
    volume = read(tmp_path / name)
    lies_where_it_was_written(volume, affine)
    assert volume.identity.format == form.partition(" ")[0]
    assert read(tmp_path / name).identity == volume.identity
    if form != "dicom":  # of which one picture is read as a mask
        labels = read_label_map(tmp_path / name)
        assert labels.placed
        np.testing.assert_array_equal(to_axial(labels.voxels, labels.affine), to_axial(HU, affine))
        np.testing.assert_allclose(labels.affine, volume.affine)


@in_every_orientation
@pytest.mark.parametrize("form", IN_MEMORY)
def test_every_image_in_memory_is_the_same_scan_whatever_way_its_axes_run(form: str, affine: Grid) -> None:
    volume = IN_MEMORY[form](affine)
    lies_where_it_was_written(volume, affine)
    assert volume.identity.format == form


def lies_where_it_was_written(volume: Volume, affine: Grid) -> None:
    assert (volume.voxels.dtype, volume.affine.dtype) == (np.int16, np.float64)
    assert (volume.kind, volume.is_picture, volume.spacing_known) == (Kind.HU, False, True)
    np.testing.assert_array_equal(to_axial(volume.voxels, volume.affine), to_axial(HU, affine))
    np.testing.assert_allclose(axial_affine(volume.affine, volume.shape), axial_affine(affine, HU.shape), atol=1e-4)
    assert sorted(volume.spacing) == pytest.approx(sorted(STEPS))
