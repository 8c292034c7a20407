"""Right and left tell which way round a radiograph lies."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from pleura.inference.upright import predict_upright

RIGHT_AND_LEFT = SimpleNamespace(conventions=(), labels=("right lung", "left lung"), planes=1)


def probabilities(certainty: int = 255) -> np.ndarray:
    """The right lung at the left of the picture, larger; a heart between them."""
    found = np.zeros((3, 32, 32), np.uint8)
    found[1, 6:26, 4:13] = certainty
    found[2, 6:22, 19:27] = certainty
    found[0] = certainty * (found.max(axis=0) == 0)
    return found


@pytest.mark.parametrize(("certainty", "turn", "looks"), [(255, 0, 1), (255, 1, 2), (200, 0, 4), (200, 3, 4)])
def test_sure_picture_is_looked_at_once_and_a_turned_one_twice(certainty: int, turn: int, looks: int) -> None:
    seen = []

    def network(planes: np.ndarray) -> tuple[np.ndarray, ...]:
        """Mark what is bright as one lung and what is half bright as the other, whichever way they lie."""
        seen.append(planes)
        likeliest = np.select([planes[:, 0] == 255, planes[:, 0] == 128], [1, 2], 0)
        return (np.stack([(likeliest == value) * np.uint8(certainty) for value in range(3)], axis=1),)

    picture = (255 * (probabilities()[1] > 0) + 128 * (probabilities()[2] > 0)).astype(np.uint8)
    found = predict_upright(np.rot90(picture, turn), RIGHT_AND_LEFT, network)  # type: ignore[arg-type]
    assert len(seen) == looks
    assert np.array_equal(found, np.rot90(probabilities(certainty), turn, axes=(1, 2)))


def test_model_of_lungs_as_one_takes_a_picture_as_it_lies() -> None:
    def network(planes: np.ndarray) -> tuple[np.ndarray, ...]:
        """Never be sure."""
        seen.append(planes)
        return (np.stack([255 - planes[:, 0] // 2, planes[:, 0] // 2], axis=1),)

    seen: list[np.ndarray] = []
    bundle = SimpleNamespace(conventions=(), labels=("lung",), planes=1)
    predict_upright(probabilities()[1], bundle, network)  # type: ignore[arg-type]
    assert len(seen) == 1


def test_picture_stands_in_for_its_neighbours_where_the_network_looks_for_them() -> None:
    def network(planes: np.ndarray) -> tuple[np.ndarray, ...]:
        assert planes.shape == (1, 3, 32, 32)
        assert (planes == planes[:, 1:2]).all()
        return (np.stack([255 - planes[:, 1], planes[:, 1]], axis=1),)

    bundle = SimpleNamespace(conventions=(), labels=("lung",), planes=3)
    picture = probabilities()[1]
    found = predict_upright(picture, bundle, network)  # type: ignore[arg-type]
    assert np.array_equal(found[1], picture)
