"""Arrays from Python: judged as files are, and left as they were."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from dicom_files import chest

from pleura.errors import UnsuitableInput
from pleura.reading.array import from_array
from pleura.volume import Kind


def test_an_array_with_spacing_becomes_a_volume_and_is_not_written_to() -> None:
    hu = chest()
    hu[:, 0] = -3000
    before = hu.copy()
    volume = from_array(hu, (5, 2, 1))
    np.testing.assert_array_equal(hu, before)
    assert set(volume.voxels[:, 0].ravel()) == {-1024}
    assert volume.spacing == (5, 2, 1)
    assert volume.kind is Kind.HU
    assert volume.identity.sha256


def test_a_picture_is_planar_and_without_spacing_nothing_is_known() -> None:
    volume = from_array(chest()[0])
    assert volume.is_picture
    assert volume.shape == (1, 64, 64)
    assert not volume.spacing_known
    assert from_array(chest()[0], (2, 3)).spacing == (1, 2, 3)


def test_an_affine_may_be_given_instead() -> None:
    affine = np.array([[0, 0, -1, 9], [0, -2, 0, 8], [3, 0, 0, 7], [0, 0, 0, 1]], float)
    volume = from_array(chest(), affine=affine)
    np.testing.assert_array_equal(volume.affine, affine)
    assert volume.spacing_known


@pytest.mark.parametrize(("shape", "code"), [((4,), "bad-shape"), ((2, 3, 4, 5), "not-3d"), ((0, 64, 64), "bad-shape")])
def test_other_shapes_are_refused(shape: tuple[int, ...], code: str) -> None:
    with pytest.raises(UnsuitableInput) as caught:
        from_array(np.zeros(shape))
    assert caught.value.code == code


def test_a_fourth_axis_of_length_1_is_left_out() -> None:
    hu = chest()
    for array in (hu[None], hu[..., None], hu[None, ..., None]):
        np.testing.assert_array_equal(from_array(array, (5, 5, 5)).voxels, hu)


@pytest.mark.parametrize("spacing", [(1, 2), (1, 2, 0), (1, 2, -3), (1, 2, float("nan")), 1.0, (1, 2, "mm")])
def test_a_spacing_that_cannot_be_is_refused(spacing: Any) -> None:
    with pytest.raises(UnsuitableInput) as caught:
        from_array(chest(), spacing)
    assert caught.value.code == "bad-spacing"


def test_texts_and_objects_are_refused() -> None:
    with pytest.raises(UnsuitableInput) as caught:
        from_array(np.array([["a", "b"]]))
    assert caught.value.code == "bad-shape"
