"""What every volume has to pass: size, right angles, coverage, and millimetres that a body can have."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from pleura.errors import UnsuitableInput
from pleura.geometry import affine_from_spacing
from pleura.reading.checks import checked, fingerprint, grid_notes, in_millimetres, not_3d
from pleura.volume import Volume

SHAPE = (40, 64, 64)
GRID = affine_from_spacing((5.0, 5.0, 5.0))


def codes(shape: tuple[int, int, int], spacing: tuple[float, float, float], *, slab: bool = True) -> list[str]:
    return [note.code for note in grid_notes(shape, affine_from_spacing(spacing), slab=slab)]


def test_checked_volume_has_its_hash_and_the_notes_on_its_grid() -> None:
    voxels = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
    volume = checked(Volume(voxels, affine_from_spacing((1.0, 5.0, 5.0))))
    assert volume.identity.sha256 == hashlib.sha256(voxels.astype("<i2").tobytes()).hexdigest()
    assert [note.code for note in volume.notes] == ["short-coverage"]


def test_fingerprint_does_not_depend_on_how_the_voxels_lie_in_memory() -> None:
    voxels = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
    stored = [voxels, voxels.astype(">i2"), np.asfortranarray(voxels), np.repeat(voxels, 2, axis=2)[..., ::2]]
    assert len({fingerprint(Volume(each, GRID)) for each in stored}) == 1


def test_coverage_is_judged_in_millimetres_where_there_are_any() -> None:
    assert codes((20, 64, 64), (5.0, 1.0, 1.0)) == []
    assert codes((19, 64, 64), (5.0, 1.0, 1.0)) == ["short-coverage"]
    assert codes((20, 64, 64), (10.1, 1.0, 1.0)) == ["sparse-slices"]
    assert codes((1, 64, 64), (200.0, 1.0, 1.0)) == ["short-coverage"]
    assert codes((3, 64, 64), (1.0, 1.0, 1.0), slab=False) == []


@pytest.mark.parametrize(
    ("shape", "spacing", "code"),
    [
        ((40, 31, 64), (5.0, 1.0, 1.0), "too-small"),
        ((40, 64, 31), (5.0, 1.0, 1.0), "too-small"),
        ((40, 32, 32), (5.0, 1.0, 8.1), "too-narrow"),
        ((40, 32, 257), (5.0, 1.0, 1.0), "too-narrow"),
    ],
)
def test_slices_that_are_too_small_or_too_narrow_are_refused(shape, spacing, code: str) -> None:
    with pytest.raises(UnsuitableInput) as caught:
        codes(shape, spacing)
    assert caught.value.code == code


@pytest.mark.parametrize(("degrees", "noted"), [(0.4, False), (0.6, True), (25.0, True)])
def test_axes_off_right_angles_are_noted_from_half_a_degree_on(degrees: float, noted: bool) -> None:
    affine = GRID.copy()
    affine[1, 0] = 5.0 * np.tan(np.radians(degrees))
    found = [note.code for note in grid_notes(SHAPE, affine, slab=True)]
    assert found == (["gantry-tilt"] if noted else [])


@pytest.mark.parametrize(
    ("numbers", "unit", "factor", "noted"),
    [
        (5.0, 1.0, 1.0, False),
        (0.005, 1000.0, 1000.0, False),
        (0.005, 1.0, 1000.0, True),  # metres that were called millimetres
        (5.0, 1000.0, 1.0, True),  # millimetres that were called metres
        (5000.0, 1.0, 0.001, True),
        (0.5, 1.0, 1.0, False),  # no unit makes a body of it: the stated one is kept
    ],
)
def test_unit_is_the_stated_one_unless_only_another_makes_a_body(
    numbers: float, unit: float, factor: float, noted: bool
) -> None:
    affine, notes = in_millimetres(affine_from_spacing((numbers,) * 3), SHAPE, unit)
    np.testing.assert_allclose(affine, affine_from_spacing((numbers * factor,) * 3))
    assert [note.code for note in notes] == (["units-doubtful"] if noted else [])


def test_numbers_that_say_nothing_of_size_are_left_alone() -> None:
    affine, notes = in_millimetres(affine_from_spacing((0.005,) * 3), SHAPE, known=False)
    np.testing.assert_array_equal(affine, affine_from_spacing((0.005,) * 3))
    assert notes == ()


def test_image_of_too_few_or_too_many_axes_is_named_by_its_size() -> None:
    assert "one axis (7)" in str(not_3d((7,)))
    assert "4 axes (3 x 4 x 5 x 6)" in str(not_3d((3, 4, 5, 6)))
