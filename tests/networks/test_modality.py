"""Brightness and contrast of a picture do not matter to the network that decides what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import pleura.modality
from pleura.networks.modality import CLASSES, ModalityNet


def test_scores_are_three_of_any_size_and_the_same_for_another_contrast() -> None:
    torch.manual_seed(0)
    network = ModalityNet().eval()
    pictures = 100 + 50 * torch.rand(2, 1, 64, 48)
    with torch.no_grad():
        scores = network(pictures)
        stretched = network(2 * pictures - 40)
    assert scores.shape == (2, CLASSES)
    assert torch.allclose(network(pictures + 30), scores, atol=1e-4)
    assert (scores - stretched).abs().max() < scores.abs().max()


def test_a_network_has_as_many_weights_as_its_module_says() -> None:
    count = sum(weights.numel() for weights in ModalityNet().parameters())
    assert 32_000 < count < 34_000


def test_shipped_graph_has_the_convolutions_of_the_network() -> None:
    onnx = pytest.importorskip("onnx")
    graph = onnx.load(Path(pleura.modality.__file__).parent / "network.onnx").graph
    kernels = {one.name: tuple(one.dims) for one in graph.initializer if one.name.startswith("kernel")}
    convolutions = [step for step in ModalityNet().features if isinstance(step, torch.nn.Conv2d)]
    assert kernels == {f"kernel{number}": tuple(one.weight.shape) for number, one in enumerate(convolutions)}
