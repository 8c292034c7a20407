"""Axial order and back in every one of the 48 orientations, oblique scans, millimetres, LPS and RAS."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from orientations import ORIENTATIONS, affine_of

from pleura.geometry import (
    affine_from_spacing,
    axial_affine,
    axial_order,
    axial_spacing,
    bounding_box,
    corner_distance,
    from_axial,
    grid_shift,
    on_same_voxels,
    same_grid,
    spacing_of,
    swap_lps_ras,
    to_axial,
)

SHAPE = (2, 3, 4)


def patient_coordinates(shape: tuple[int, ...], affine: np.ndarray) -> np.ndarray:
    """Return x, y, z in patient millimetres of every voxel: shape (3, *shape)."""
    return np.tensordot(affine[:3, :3], np.indices(shape), 1) + affine[:3, 3].reshape(3, 1, 1, 1)


def test_there_are_48_orientations() -> None:
    assert len(ORIENTATIONS) == 48


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_in_axial_order_the_axes_run_to_the_head_the_back_and_the_left(axes, signs) -> None:
    affine = affine_of(axes, signs)
    x, y, z = patient_coordinates(SHAPE, affine)
    assert (np.diff(to_axial(z, affine), axis=0) > 0).all()
    assert (np.diff(to_axial(y, affine), axis=1) > 0).all()
    assert (np.diff(to_axial(x, affine), axis=2) > 0).all()


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_turning_there_and_back_changes_nothing_and_copies_nothing(axes, signs) -> None:
    affine = affine_of(axes, signs)
    voxels = np.arange(24).reshape(SHAPE)
    turned = to_axial(voxels, affine)
    back = from_axial(turned, affine)
    np.testing.assert_array_equal(back, voxels)
    assert np.shares_memory(turned, voxels)
    assert np.shares_memory(back, voxels)


@st.composite
def affines(draw: st.DrawFn) -> np.ndarray:
    """Axes in any order, oblique and sheared, mirrored at times, steps of any size."""
    entries = draw(st.lists(st.floats(-1, 1), min_size=9, max_size=9))
    matrix = np.array(entries).reshape(3, 3) + np.diag(draw(st.permutations([2.0, -3.0, 4.0])))
    steps = draw(st.lists(st.floats(0.2, 10), min_size=3, max_size=3))
    affine = np.eye(4)
    affine[:3, :3] = matrix[:, draw(st.permutations(range(3)))] * steps
    affine[:3, 3] = draw(st.lists(st.floats(-500, 500), min_size=3, max_size=3))
    return affine


@given(affines(), st.tuples(*[st.integers(1, 4)] * 3))
def test_any_affine_turns_there_and_back(affine: np.ndarray, shape: tuple[int, int, int]) -> None:
    voxels = np.arange(np.prod(shape)).reshape(shape)
    np.testing.assert_array_equal(from_axial(to_axial(voxels, affine), affine), voxels)
    np.testing.assert_array_equal(to_axial(from_axial(voxels, affine), affine), voxels.reshape(shape))


@given(affines())
def test_axial_order_uses_each_axis_once(affine: np.ndarray) -> None:
    axes, _ = axial_order(affine)
    assert sorted(axes) == [0, 1, 2]


@given(st.sampled_from(ORIENTATIONS), st.lists(st.floats(-19, 19), min_size=3, max_size=3))
def test_a_patient_who_lies_a_little_askew_is_turned_as_one_who_lies_straight(orientation, degrees) -> None:
    straight = affine_of(*orientation)
    oblique = straight.copy()
    for axis, angle in enumerate(np.radians(degrees)):
        turn = np.eye(3)
        i, j = (other for other in range(3) if other != axis)
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        oblique[:3, :3] = turn @ oblique[:3, :3]
    assert axial_order(oblique) == axial_order(straight)


def test_a_tilted_gantry_keeps_slices_first() -> None:
    affine = affine_from_spacing((5.0, 0.7, 0.7))
    affine[1, 0] = 5.0 * np.tan(np.radians(25))  # each slice lies further back than the one below it
    assert axial_order(affine) == ((0, 1, 2), (False, False, False))


def test_affine_from_spacing_puts_slices_on_z_rows_on_y_and_columns_on_x() -> None:
    np.testing.assert_array_equal(
        affine_from_spacing((5.0, 0.7, 0.9)), [[0, 0, 0.9, 0], [0, 0.7, 0, 0], [5.0, 0, 0, 0], [0, 0, 0, 1]]
    )


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_spacing_is_that_of_the_axes_as_stored_or_in_axial_order(axes, signs) -> None:
    affine = affine_of(axes, signs, (5.0, 0.7, 0.9))
    assert spacing_of(affine) == pytest.approx((5.0, 0.7, 0.9))
    along_patient = dict(zip(axes, (5.0, 0.7, 0.9), strict=True))
    assert axial_spacing(affine) == pytest.approx((along_patient[2], along_patient[1], along_patient[0]))


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_axial_affine_leads_each_turned_voxel_to_its_place(axes, signs) -> None:
    affine = affine_of(axes, signs)
    turned = to_axial(np.zeros(SHAPE), affine).shape
    for found, placed in zip(
        patient_coordinates(turned, axial_affine(affine, SHAPE)), patient_coordinates(SHAPE, affine), strict=True
    ):
        np.testing.assert_allclose(found, to_axial(placed, affine))


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_ras_of_reversed_index_is_the_same_place_with_left_and_back_turned_round(axes, signs) -> None:
    affine = affine_of(axes, signs)
    for k, j, i in product((0, 2), repeat=3):
        x, y, z, _ = affine @ (k, j, i, 1)
        np.testing.assert_allclose(swap_lps_ras(affine) @ (i, j, k, 1), (-x, -y, z, 1))
    np.testing.assert_array_equal(swap_lps_ras(swap_lps_ras(affine)), affine)


def test_grids_are_one_up_to_a_tenth_of_a_voxel_at_the_farthest_corner() -> None:
    affine = affine_from_spacing((5.0, 0.7, 0.9))
    moved, turned = affine.copy(), affine.copy()
    moved[0, 3] += 0.069
    turned[2, 0] += 0.02
    assert corner_distance((11, 4, 4), affine, turned) == pytest.approx(10 * 0.02)
    assert grid_shift((11, 4, 4), affine, turned) == pytest.approx(10 * 0.02 / 0.7)
    assert same_grid((11, 4, 4), affine, (11, 4, 4), moved)
    assert not same_grid((11, 4, 4), affine, (11, 4, 4), turned)
    assert same_grid((2, 4, 4), affine, (2, 4, 4), turned)
    assert not same_grid((2, 4, 4), affine, (2, 4, 5), affine)


def test_bounding_box_is_the_smallest_that_holds_all_that_is_true() -> None:
    mask = np.zeros((5, 6, 7), bool)
    mask[1, 2, 3] = mask[3, 2, 6] = True
    assert bounding_box(mask) == (slice(1, 4), slice(2, 3), slice(3, 7))
    assert bounding_box(mask[1]) == (slice(2, 3), slice(3, 4))
    assert bounding_box(mask[0]) is None


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_grid_turned_mirrored_and_cut_lies_on_the_same_voxels(axes, signs) -> None:
    whole = affine_of((2, 1, 0), (1, 1, 1))
    turn = affine_of(axes, signs, (1.0, 1.0, 1.0))
    turn[:3, 3] = (5, -2, 3)  # whole steps aside
    assert on_same_voxels(SHAPE, whole @ turn, whole)
    turn[:3, 3] += 0.3
    assert not on_same_voxels(SHAPE, whole @ turn, whole)


def test_grid_of_other_steps_lies_on_other_voxels() -> None:
    assert not on_same_voxels(SHAPE, affine_from_spacing((2.0, 1.0, 1.0)), affine_from_spacing((1.0, 1.0, 1.0)))
    assert not on_same_voxels((50, 3, 4), affine_from_spacing((1.01, 1.0, 1.0)), affine_from_spacing((1.0, 1.0, 1.0)))
