"""A mask is laid on its image voxel for voxel, by nearest voxels, or refused because it lies elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.errors import UnsuitableInput
from pleura.geometry import affine_from_spacing
from pleura.reading.alignment import on_image
from pleura.reading.raw_image import LabelMap
from pleura.volume import Affine, Volume

GRID = affine_from_spacing((5.0, 2.0, 2.0))


def image(shape: tuple[int, int, int] = (4, 6, 8), *, is_picture: bool = False) -> Volume:
    return Volume(np.zeros(shape, np.int16), GRID, is_picture=is_picture)


def labels(shape: tuple[int, int, int] = (4, 6, 8)) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.int32).reshape(shape) + 1


def shifted(*millimetres: float) -> Affine:
    affine = GRID.copy()
    affine[:3, 3] += millimetres
    return affine


def mask(voxels: np.ndarray, affine: Affine, *, placed: bool = True) -> LabelMap:
    return LabelMap(voxels, affine, placed=placed)


def test_mask_on_the_same_grid_but_for_rounding_is_taken_as_it_is() -> None:
    marked = labels()
    found, notes = on_image(marked, mask(marked, shifted(0.1, 0, 0)), image())
    assert found is marked
    assert notes == []


def test_mask_on_another_grid_is_brought_over_by_nearest_voxels_and_what_is_cut_off_is_said() -> None:
    marked = labels()
    found, notes = on_image(marked, mask(marked, shifted(4.6, 0, 0)), image())  # two columns and a bit to the left
    np.testing.assert_array_equal(found[..., 2:], marked[..., :-2])
    assert not found[..., :2].any()
    assert [note.code for note in notes] == ["mask-resampled", "mask-cut"]
    assert "25.0% of the mask" in notes[1].message


def test_mask_stored_the_other_way_round_lies_where_its_affine_says() -> None:
    marked = labels()
    affine = GRID.copy()
    affine[:, 0] *= -1
    affine[2, 3] = 3 * 5.0
    found, notes = on_image(marked, mask(marked, affine), image())
    np.testing.assert_array_equal(found, marked[::-1])
    assert notes == []


def test_mask_that_lies_mostly_outside_is_refused_with_its_share() -> None:
    marked = labels()
    with pytest.raises(UnsuitableInput, match="62% of the mask lies outside") as caught:
        on_image(marked, mask(marked, shifted(10.0, 0, 0)), image())
    assert caught.value.code == "mask-elsewhere"


def test_mask_without_a_place_is_laid_on_the_pixels_be_they_fewer_by_one_factor() -> None:
    marked = labels((1, 6, 8))
    found, notes = on_image(marked, mask(marked, np.eye(4), placed=False), image((1, 6, 8), is_picture=True))
    assert found is marked
    assert notes == []
    found, notes = on_image(marked, mask(marked, np.eye(4), placed=False), image((1, 12, 16), is_picture=True))
    np.testing.assert_array_equal(found, marked.repeat(2, 1).repeat(2, 2))
    assert [note.code for note in notes] == ["mask-resampled"]
    with pytest.raises(UnsuitableInput, match="1 x 6 x 8 and 1 x 6 x 10") as caught:
        on_image(marked, mask(marked, np.eye(4), placed=False), image((1, 6, 10), is_picture=True))
    assert caught.value.code == "mask-size"
