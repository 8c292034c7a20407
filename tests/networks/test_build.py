"""Networks built from their settings, folded for use, and begun with the weights of a folded one."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from pleura.networks.build import build, fold_batchnorm, load_matching_weights
from pleura.networks.settings import NetworkSettings

NETWORKS = [
    NetworkSettings(2, 3, "unet", widths=(8, 16), depths=(1, 2), shuffle=2),
    NetworkSettings(2, 3, "original"),
    NetworkSettings(2, 3, "notebook"),
    NetworkSettings(2, 3, "efficientnet-lite0"),
]


def used(settings: NetworkSettings) -> nn.Module:
    """Return a network whose statistics are no longer those it began with."""
    torch.manual_seed(0)
    network = build(settings)
    with torch.no_grad():
        for _ in range(3):
            network.train()(torch.rand(4, 2, 64, 64))
    return network.eval()


@pytest.mark.parametrize("settings", NETWORKS)
def test_a_network_begun_with_folded_weights_scores_as_the_folded_one(settings: NetworkSettings) -> None:
    network, pictures = used(settings), torch.rand(2, 2, 64, 64)
    folded = fold_batchnorm(copy.deepcopy(network))
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    begun = build(settings)
    assert load_matching_weights(begun, folded.state_dict()) == []
    with torch.no_grad():
        wanted = network(pictures)
        assert torch.allclose(folded(pictures), wanted, atol=1e-3)
        assert torch.allclose(begun.eval()(pictures), wanted, atol=1e-3)
