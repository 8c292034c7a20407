"""A scan whose values are the wrong way round is known, and one that is not is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.geometry import affine_from_spacing
from pleura.phantom import chest
from pleura.quality.polarity import inverted_flag
from pleura.volume import Kind, Volume

CHEST = chest((24, 96, 96), (13.0, 4.0, 4.0)).volume


def with_values(voxels: np.ndarray, kind: Kind = Kind.HU) -> Volume:
    return Volume(voxels.astype(np.int16), CHEST.affine, kind)


@pytest.mark.parametrize("middle", [-960, 0, 400])
def test_bright_air_is_known_wherever_the_values_are_mirrored(middle: int) -> None:
    found = inverted_flag(with_values(middle - CHEST.voxels))
    assert found is not None
    assert found.code == "inverted"


@pytest.mark.parametrize("added", [0, -100, 200])
def test_dark_air_is_none(added: int) -> None:
    assert inverted_flag(with_values(CHEST.voxels + added)) is None


def test_one_slice_is_sampled_too() -> None:
    voxels = CHEST.voxels[12:13]
    alone = Volume((-960 - voxels).astype(np.int16), affine_from_spacing((5.0, 4.0, 4.0)))
    assert inverted_flag(alone) is not None


def test_greys_are_set_back_where_they_are_read() -> None:
    greys = np.clip(255 - (CHEST.voxels + 1024) / 6, 0, 255).astype(np.uint8)
    assert inverted_flag(Volume(greys, CHEST.affine, Kind.WINDOWED)) is None
