"""Masks are brought onto one grid, or refused, before a voxel is compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from two_lungs import lungs, save

from pleura.errors import UnsuitableInput
from pleura.evaluation.cases import find_cases
from pleura.evaluation.masks import align, as_label_map, in_millimetres, read_mask
from pleura.evaluation.run import (
    evaluate_files,
)
from pleura.geometry import affine_from_spacing
from pleura.reading import LabelMap
from pleura.volume import Volume


def test_grids_that_differ_are_a_failed_case(tmp_path: Path) -> None:
    save(tmp_path / "ref.png", lungs())
    save(tmp_path / "pred.png", np.ones((10, 10)))
    score = evaluate_files(find_cases(tmp_path / "ref.png", tmp_path / "pred.png")).scores[0]
    assert score.error == "grid-mismatch"
    assert score.agreements["both lungs"].dice == 0.0


def mask(affine: np.ndarray, *, placed: bool = True, shape: tuple[int, int, int] = (3, 4, 5)) -> LabelMap:
    voxels = np.zeros(shape, np.uint8)
    voxels[0, 1, 2] = 1
    return LabelMap(voxels, affine, placed=placed, is_picture=False)


def test_masks_of_two_orientations_are_turned_onto_each_other() -> None:
    straight = affine_from_spacing((5.0, 2.0, 1.0))
    reversed_affine = straight @ np.array([[-1, 0, 0, 2], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    reference = mask(straight)
    prediction = LabelMap(reference.voxels[::-1], reversed_affine, placed=True, is_picture=False)
    found = align(reference, prediction)
    np.testing.assert_array_equal(found.reference, found.prediction)
    assert (found.spacing, found.unit, found.voxel_ml) == ((5.0, 2.0, 1.0), "mm", pytest.approx(0.01))
    np.testing.assert_array_equal(found.turned(prediction.voxels), found.prediction)


@pytest.mark.parametrize(
    ("finest", "mm", "fits"), [(1.0, 0.05, True), (1.0, 0.2, False), (4.0, 0.3, True), (4.0, 0.8, False)]
)
def test_grids_may_be_off_by_a_tenth_of_their_finest_voxel(finest: float, mm: float, fits: bool) -> None:
    straight = affine_from_spacing((5.0, 4.0, finest))
    moved = straight.copy()
    moved[0, 3] += mm  # along x: 0.05 or 0.2 of 1 mm, 0.075 or 0.2 of 4 mm
    if fits:
        assert align(mask(straight), mask(moved)).unit == "mm"
    else:
        with pytest.raises(UnsuitableInput, match=r"0\.2 voxels apart") as caught:
            align(mask(straight), mask(moved))
        assert caught.value.code == "grid-mismatch"


def test_voxel_of_a_sheared_grid_has_the_volume_of_its_determinant() -> None:
    sheared = affine_from_spacing((5.0, 2.0, 1.0))
    sheared[1, 0] = 3.0
    assert align(mask(sheared), mask(sheared)).voxel_ml == pytest.approx(0.01)


def test_picture_without_millimetres_counts_pixels_or_takes_those_that_are_known() -> None:
    picture = LabelMap(
        np.ones((1, 4, 6), np.uint8), affine_from_spacing((1.0, 1.0, 1.0)), placed=False, is_picture=True
    )
    assert not in_millimetres(picture)
    found = align(picture, picture)
    assert (found.reference.shape, found.spacing, found.unit, found.voxel_ml) == ((4, 6), (1.0, 1.0), "px", None)
    assert align(picture, picture, (3.0, 4.0)).unit == "mm"
    assert align(picture, picture, (3.0, 4.0)).spacing == (3.0, 4.0)


def test_labels_of_a_volume_fit_its_own_mask() -> None:
    volume = Volume(np.zeros((3, 4, 5), np.int16), affine_from_spacing((5.0, 2.0, 1.0)))
    labels = np.ones(volume.shape, np.uint8)
    found = align(as_label_map(labels, volume), mask(volume.affine))
    assert (found.unit, int(found.reference.sum())) == ("mm", 60)


def test_values_that_are_no_labels_are_refused(tmp_path: Path) -> None:
    import nibabel

    nibabel.Nifti1Image(np.full((3, 3, 3), 0.5, np.float32), np.eye(4)).to_filename(tmp_path / "a.nii")
    with pytest.raises(UnsuitableInput, match="not whole numbers") as caught:
        read_mask(tmp_path / "a.nii")
    assert caught.value.code == "not-a-mask"


def test_smeared_values_of_a_jpeg_are_inside_above_127(tmp_path: Path) -> None:
    picture = np.zeros((32, 32), np.uint8)
    picture[:, 16:] = 255
    Image.fromarray(picture).save(tmp_path / "a.jpg", quality=20)
    assert np.unique(read_mask(tmp_path / "a.jpg").voxels).tolist() == [0, 1]
