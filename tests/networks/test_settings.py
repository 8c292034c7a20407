"""Settings of a network, as a recipe keeps them."""

from __future__ import annotations

from pleura.networks.settings import NetworkSettings


def test_sizes_are_those_of_a_unet_alone() -> None:
    assert NetworkSettings(3, 3, "unet", (8, 16), (1, 2), 2).as_json() == {
        "name": "unet",
        "in_channels": 3,
        "classes": 3,
        "widths": [8, 16],
        "depths": [1, 2],
        "shuffle": 2,
    }
    assert NetworkSettings(1, 2, "original").as_json() == {"name": "original", "in_channels": 1, "classes": 2}
