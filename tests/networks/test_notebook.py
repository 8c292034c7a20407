"""That the notebook's network is the one the notebook builds."""

from __future__ import annotations

import torch
from torch import nn

from pleura.networks.notebook import NotebookNet


def test_it_has_as_many_weights_as_the_notebook_counts() -> None:
    assert sum(weights.numel() for weights in NotebookNet().parameters()) == 369_985


def test_masks_have_half_the_side_of_the_picture() -> None:
    assert NotebookNet(3, 2)(torch.zeros(2, 3, 64, 32)).shape == (2, 2, 32, 16)


def test_nothing_is_normalised() -> None:
    assert not any(isinstance(module, nn.BatchNorm2d) for module in NotebookNet().modules())
