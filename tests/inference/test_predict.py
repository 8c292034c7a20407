"""What the network says comes back in the places it was said of."""

from __future__ import annotations

from collections.abc import Callable

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


def ramp(count: int) -> np.ndarray:
    """Return planes whose pixels grow by 12 from one to the next."""
    return np.broadcast_to(np.arange(0, 12 * count, 12, dtype=np.uint8)[:, None, None], (count, 64, 64)).copy()


def counting(seen: list[int]) -> Callable[[np.ndarray], tuple[np.ndarray, ...]]:
    """Return `echo` that writes down which planes of a `ramp` it sees."""

    def network(images: np.ndarray) -> tuple[np.ndarray, ...]:
        seen.extend(images[:, 1, 0, 0] // 12)
        return echo(images)

    return network


@pytest.mark.parametrize(
    ("spacing", "expected"),
    [
        (2.5, [0, 1, 2, 3, 4, 5, 6, 7]),
        (1.26, [0, 1, 2, 3, 4, 5, 6, 7]),
        (1.25, [0, 2, 4, 6, 7]),  # the last one is always seen
        (0.625, [0, 4, 7]),
        (0.1, [0, 7]),
        (None, [0, 1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_network_sees_thin_slices_no_more_than_two_and_a_half_millimetres_apart(
    spacing: float | None, expected: list[int]
) -> None:
    seen: list[int] = []
    score_planes(ramp(8), spacing, 5.0, counting(seen))
    assert seen == expected


@pytest.mark.parametrize("spacing", [1.25, 0.9, 0.625, 0.4])
def test_scores_of_slices_that_the_network_has_not_seen_lie_between_those_of_their_neighbours(spacing: float) -> None:
    planes = ramp(20)
    lung, _ = score_planes(planes, spacing, 5.0, echo)
    assert np.array_equal(lung, planes)


def test_scores_between_certain_background_and_certain_lung_do_not_overflow() -> None:
    planes = np.zeros((5, 64, 64), np.uint8)
    planes[4] = 255
    lung, side_score = score_planes(planes, 0.625, 0.625, echo)
    assert lung[:, 0, 0].tolist() == [0, 64, 128, 191, 255]
    assert side_score[:, 0, 0].tolist() == [0, 64, 128, 191, 255]
