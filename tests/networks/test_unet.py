"""The network's shapes, and that a network folded for shipping says the same."""

from __future__ import annotations

import pytest
import torch

from pleura.networks.build import fold_batchnorm
from pleura.networks.unet import UNet


def small(shuffle: int = 2) -> UNet:
    torch.manual_seed(0)
    return UNet(3, 3, widths=(8, 16, 16), depths=(1, 1, 2), shuffle=shuffle)


@pytest.mark.parametrize("shuffle", [1, 2, 4])
def test_scores_have_the_size_of_the_image(shuffle: int) -> None:
    assert small(shuffle)(torch.zeros(2, 3, 64, 32)).shape == (2, 3, 64, 32)


def test_folding_the_statistics_changes_nothing() -> None:
    network = small().train()
    network(torch.rand(4, 3, 32, 32))
    network.eval()
    image = torch.rand(2, 3, 32, 32)
    before = network(image)
    assert torch.allclose(fold_batchnorm(network)(image), before, atol=1e-5)
