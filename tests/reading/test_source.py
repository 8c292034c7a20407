"""Whatever a caller may give becomes a volume, or an error that names what may be given."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import nibabel
import numpy as np
import pytest
from dicom_files import chest, save_all, series

from pleura import Kind, Volume
from pleura.errors import UnsuitableInput
from pleura.geometry import affine_from_spacing, swap_lps_ras
from pleura.reading.source import as_volume

HU = chest()
GRID = affine_from_spacing((5.0, 5.0, 5.0))


def test_path_array_image_and_volume_are_taken(tmp_path: Path) -> None:
    volume = Volume(HU, GRID)
    image = nibabel.Nifti1Image(HU.T.copy(), swap_lps_ras(GRID))
    folder = save_all(series(HU), tmp_path / "series")
    assert as_volume(volume) is volume
    found = [as_volume(HU, (5.0, 5.0, 5.0)), as_volume(image), as_volume(folder), as_volume(str(folder), series=1)]
    assert [each.identity.format for each in found] == ["array", "nibabel", "dicom", "dicom"]
    for each in found:
        np.testing.assert_array_equal(each.voxels, HU)


def test_spacing_goes_with_an_array_alone(tmp_path: Path) -> None:
    for source in (tmp_path, Volume(HU, GRID), None):
        with pytest.raises(UnsuitableInput, match="goes with an array") as caught:
            as_volume(source, (1.0, 1.0, 1.0))  # type: ignore[arg-type]
        assert caught.value.code == "bad-spacing"


@pytest.mark.parametrize("source", [None, 7, ["a.nii"], b"a.nii", SimpleNamespace(dataobj=HU)])
def test_anything_else_is_refused_by_the_name_of_its_type(source: object) -> None:
    with pytest.raises(UnsuitableInput, match=f"not {type(source).__name__}") as caught:
        as_volume(source)  # type: ignore[arg-type]
    assert caught.value.code == "bad-source"


@pytest.mark.parametrize(
    ("low", "high", "taken"), [(0.0, 255.0, True), (-0.4, 255.4, True), (-1, 255, False), (0, 256, False)]
)
def test_grey_values_of_a_volume_run_from_0_to_255(low: float, high: float, taken: bool) -> None:
    grey = np.linspace(low, high, 64 * 64, dtype=np.float32).reshape(1, 64, 64)
    volume = Volume(grey, GRID, kind=Kind.RADIOGRAPH, is_picture=True)
    if taken:
        assert as_volume(volume) is volume
        return
    with pytest.raises(UnsuitableInput, match=f"from {low:g} to {high:g}") as caught:
        as_volume(volume)
    assert caught.value.code == "not-grey"
