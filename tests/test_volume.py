"""A volume in any of the 48 orientations, and volumes that cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from orientations import ORIENTATIONS, affine_of

from pleura import PleuraError, Volume
from pleura.geometry import affine_from_spacing

SHAPE = (2, 3, 4)


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_spacing_follows_the_array_whatever_the_orientation(axes, signs) -> None:
    volume = Volume(np.zeros(SHAPE, np.int16), affine_of(axes, signs, (5.0, 0.7, 0.9)))
    assert volume.spacing == pytest.approx((5.0, 0.7, 0.9))


@pytest.mark.parametrize("shape", [(4, 4), (1, 4, 4, 4), (0, 4, 4)])
def test_a_volume_has_three_axes_and_none_is_empty(shape) -> None:
    with pytest.raises(PleuraError) as error:
        Volume(np.zeros(shape, np.int16), affine_from_spacing((1, 1, 1)))
    assert error.value.code == "bad-shape"


@pytest.mark.parametrize(
    "affine",
    [np.eye(3), np.full((4, 4), np.nan), affine_from_spacing((0.0, 1.0, 1.0)), np.diag([np.inf, 1, 1, 1])],
    ids=["3 x 3", "not a number", "flat", "infinite"],
)
def test_an_affine_that_places_no_voxel_is_refused(affine) -> None:
    with pytest.raises(PleuraError) as error:
        Volume(np.zeros(SHAPE, np.int16), affine)
    assert error.value.code == "bad-affine"


def test_each_side_of_a_volume_is_shorter_than_a_hundred_metres() -> None:
    voxels = np.zeros((2, 4, 512), np.int16)
    Volume(voxels, affine_from_spacing((49_000.0, 1.0, 1.0)))
    for spacing in ((51_000.0, 1.0, 1.0), (1.0, 1.0, 200.0), (1e300, 1.0, 1.0)):
        with pytest.raises(PleuraError) as caught:
            Volume(voxels, affine_from_spacing(spacing))
        assert caught.value.code == "bad-spacing"


def test_volume_lies_within_a_thousand_kilometres_of_the_origin() -> None:
    affine = affine_from_spacing((1.0, 1.0, 1.0))
    affine[1, 3] = -0.99e9
    Volume(np.zeros((2, 4, 5), np.int16), affine)
    affine[1, 3] = -1.01e9
    with pytest.raises(PleuraError) as caught:
        Volume(np.zeros((2, 4, 5), np.int16), affine)
    assert caught.value.code == "bad-spacing"
