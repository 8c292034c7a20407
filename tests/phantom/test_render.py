"""The drawn chest is that of an adult, with lungs that are known to the voxel."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.phantom import Phantom, chest
from pleura.phantom.anatomy import spine_y
from pleura.volume import Kind

SHAPE, SPACING = (32, 96, 96), (10.0, 4.0, 4.0)
"""The whole chest on a coarse grid."""


def _index(phantom: Phantom, x: float, y: float, z: float) -> tuple[int, int, int]:
    """Return the voxel at a place in millimetres."""
    k, j, i, _ = np.rint(np.linalg.inv(phantom.volume.affine) @ (x, y, z, 1)).astype(int)
    return k, j, i


def test_scan_is_in_hu_on_the_grid_that_was_asked_for(phantom: Phantom) -> None:
    assert phantom.volume.shape == phantom.labels.shape == SHAPE
    assert phantom.volume.spacing == SPACING
    assert phantom.volume.kind is Kind.HU
    assert phantom.volume.voxels.dtype == np.int16
    assert phantom.labels.dtype == np.uint8


def test_middle_of_the_grid_is_the_middle_of_the_patient(phantom: Phantom) -> None:
    middle = phantom.volume.affine @ (*(np.array(SHAPE) - 1) / 2, 1)
    np.testing.assert_allclose(middle, (0, 0, 0, 1), atol=1e-9)


def test_right_lung_lies_on_the_patients_right(phantom: Phantom) -> None:
    columns = np.arange(SHAPE[2])
    assert set(np.unique(phantom.labels)) == {0, 1, 2}
    assert columns[(phantom.labels == 1).any((0, 1))].max() < SHAPE[2] / 2
    assert columns[(phantom.labels == 2).any((0, 1))].min() >= SHAPE[2] / 2


def test_lungs_have_the_volumes_of_an_adult(phantom: Phantom) -> None:
    litres = [np.count_nonzero(phantom.labels == label) * 160.0 / 1e6 for label in (1, 2)]
    assert 1.5 < litres[1] < litres[0] < 3.5  # the heart takes its space from the left


def test_lungs_are_filled_with_parenchyma_and_the_rest_of_the_body_is_not(phantom: Phantom) -> None:
    inside = phantom.volume.voxels[phantom.labels > 0]
    assert -880 < np.median(inside) < -820
    assert np.percentile(inside, 99) > -700  # vessels belong to the lung
    liver = phantom.volume.voxels[_index(phantom, -60, 0, -130)]
    assert 50 < liver < 160


def test_air_of_trachea_stomach_and_bowel_is_not_lung(phantom: Phantom) -> None:
    for place in ((0, 6, 120), (58, -50, -115), (99, -34, -142)):
        index = _index(phantom, *place)
        assert phantom.volume.voxels[index] < -700
        assert phantom.labels[index] == 0


def test_lungs_end_inside_the_field_above_and_below(phantom: Phantom) -> None:
    slices = phantom.labels.any((1, 2))
    assert not slices[0]
    assert not slices[-1]
    assert slices[3:26].all()


def test_left_lung_has_a_notch_for_the_heart(phantom: Phantom) -> None:
    k, j, _ = _index(phantom, 0, -30, -45)
    right, left = (np.count_nonzero(phantom.labels[k, j] == label) for label in (1, 2))
    assert left < 0.7 * right


@pytest.mark.slow
def test_same_seed_gives_the_same_voxels_and_another_seed_another_patient(phantom: Phantom) -> None:
    again, other = chest(SHAPE, SPACING), chest(SHAPE, SPACING, seed=1)
    np.testing.assert_array_equal(again.volume.voxels, phantom.volume.voxels)
    assert again.volume.identity == phantom.volume.identity
    assert np.count_nonzero(other.labels != phantom.labels) > 500


def test_noise_does_not_move_the_truth(phantom: Phantom) -> None:
    quiet = chest(SHAPE, SPACING, noise=0.0)
    np.testing.assert_array_equal(quiet.labels, phantom.labels)
    assert np.count_nonzero(quiet.volume.voxels != phantom.volume.voxels) > 0.8 * phantom.labels.size


def test_noise_has_the_deviation_that_was_asked_for() -> None:
    quiet, noisy = (chest((1, 128, 128), (5.0, 3.0, 3.0), noise=noise).volume.voxels.astype(float) for noise in (0, 20))
    tissue = quiet > -900  # the lowest value cuts the noise of air
    assert (noisy - quiet)[tissue].std() == pytest.approx(20.0, rel=0.05)


@pytest.mark.slow
def test_arms_and_padding_are_drawn_only_when_asked_for(phantom: Phantom) -> None:
    arms, padded = chest(SHAPE, SPACING, arms=True), chest(SHAPE, SPACING, padding=True)
    arm = _index(phantom, -172, 30, 0)
    assert phantom.volume.voxels[arm] < -900
    assert arms.volume.voxels[arm] > 200
    assert np.all(padded.volume.voxels[:, 0, 0] == -1024)
    np.testing.assert_array_equal(padded.labels, phantom.labels)


def test_one_slice_of_a_few_pixels_can_be_drawn() -> None:
    assert chest((1, 2, 3), (5.0, 3.0, 3.0)).volume.shape == (1, 2, 3)


@pytest.mark.slow
def test_disc_lies_between_two_vertebrae_in_a_fifth_of_the_height() -> None:
    drawn = chest((25, 96, 96), (5.0, 4.0, 4.0), seed=0)
    x, y, z = (np.array([_index(drawn, 0.0, spine_y(5.0 * k), 5.0 * k) for k in range(-12, 13)]).T)[::-1]
    values = drawn.volume.voxels[z, y, x]
    assert (values < 130).sum() == 5  # discs have 95 HU, marrow and cortex 180 and more
