"""What the network says comes back in the places it was said of."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.inference.predict import score_mirrored, score_planes


def echo(planes: np.ndarray) -> tuple[np.ndarray, ...]:
    """Stand for a network that calls bright pixels lung, and those of the slice above left."""
    return planes[:, 1], planes[:, 2, ::2, ::2]


@pytest.fixture
def planes() -> np.ndarray:
    rng = np.random.default_rng(3)
    planes = np.zeros((3, 64, 64), np.uint8)
    # nothing at the rim, and pairs of pixels, so that half the resolution loses none
    planes[:, 16:48, 16:48] = rng.integers(0, 255, (3, 16, 16), np.uint8).repeat(2, 1).repeat(2, 2)
    return planes


def test_slice_alone_is_seen_from_several_places_and_answered_in_its_own(planes: np.ndarray) -> None:
    seen = []

    def network(images: np.ndarray) -> tuple[np.ndarray, ...]:
        seen.append(images)
        return echo(images)

    lung, side_score = score_planes(planes[:1], None, 5.0, network)
    assert len({image.tobytes() for image in seen[0]}) == 4
    assert np.array_equal(lung, planes[:1])
    assert np.array_equal(side_score, planes[:1, ::2, ::2])


def test_slices_are_seen_beside_their_neighbours(planes: np.ndarray) -> None:
    lung, side_score = score_planes(planes, 5.0, 5.0, echo)
    assert np.array_equal(lung, planes)
    assert np.array_equal(side_score, planes[[1, 2, 2], ::2, ::2])


def test_mirror_image_is_seen_with_its_neighbours_and_comes_back_in_its_own_places(planes: np.ndarray) -> None:
    seen = []

    def network(images: np.ndarray) -> tuple[np.ndarray, ...]:
        seen.append(images)
        return echo(images)

    found = score_mirrored(planes, np.array([0, 2]), 5.0, 5.0, network)
    assert np.array_equal(found, planes[[0, 2]])
    assert np.array_equal(seen[0][0], planes[[0, 0, 1]][..., ::-1])
