"""A trained network as it is shipped: statistics folded into the convolutions, bytes in, bytes out.

The same module is what gets exported to ONNX and what the torch backend fills again from that file, so the three
cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from pleura.errors import InvalidBundle, InvalidOption
from pleura.networks import encoding
from pleura.networks.build import build, fold_batchnorm, graph_weights
from pleura.networks.caches import TORCH, temporary_cache
from pleura.networks.settings import NetworkSettings


class Deployed(nn.Module):
    """Map planes (n, 3, side, side) to `lung` (n, side, side) and `side_score` (n, side / 2, side / 2), all uint8.

    `lung` is the better of right and left less background, `side_score` is left less right, pooled; both are written as
    `pleura.networks.encoding` says. Lung is where the largest score is not background, as with an argmax over the
    classes.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        """Return `lung` and `side_score`."""
        scores = self.network(planes.float() * (1.0 / 255.0))
        background, right, left = scores[:, :1], scores[:, 1:2], scores[:, 2:]
        lung = torch.maximum(right, left) - background
        side_score = functional.avg_pool2d(left - right, 2)
        return _to_byte(lung)[:, 0], _to_byte(side_score)[:, 0]


def _to_byte(margin: Tensor) -> Tensor:
    return torch.round(margin * encoding.STEPS_PER_LOGIT + encoding.ZERO).clamp(0.0, 255.0).to(torch.uint8)


class DeployedProbabilities(nn.Module):
    """Map planes (n, c, side, side) uint8 to the probability of each class, background first, (n, classes, s, s) uint8.

    A network with one output gives two classes, by its sigmoid; any other, a softmax. s may be smaller than side.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, planes: Tensor) -> Tensor:
        """Return the probabilities, 255 for certain."""
        scores = self.network(planes.float() * (1.0 / 255.0))
        if scores.shape[1] == 1:
            scores = torch.cat([torch.zeros_like(scores), scores], dim=1)
        return torch.round(torch.softmax(scores, dim=1) * 255.0).to(torch.uint8)


def deploy(network: nn.Module, output: str) -> nn.Module:
    """Return the network as it is shipped; `output` is that of a bundle."""
    folded = fold_batchnorm(network.eval())
    return (Deployed(folded) if output == "lungs" else DeployedProbabilities(folded)).eval()


def from_bundle(
    folder: Path, settings: NetworkSettings, output: str, device: str, threads: int
) -> Callable[[NDArray[np.uint8]], tuple[NDArray[np.uint8], ...]]:
    """Return a backend that runs a bundle in PyTorch; see `pleura.inference.backends`.

    Raises `InvalidOption` (``no-device``), and ``no-torch-weights`` where the graph does not name its weights and
    the bundle holds no ``network.pt2``.
    """
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available[device]:
        raise InvalidOption(f"torch finds no {device} on this machine; use --device cpu", code="no-device")
    if device == "cpu":
        torch.set_num_threads(threads)
    program = folder / "network.pt2"
    deployed = _exported(program, device) if program.is_file() else _filled(folder / "network.onnx", settings, output)
    deployed.to(device)

    @torch.inference_mode()
    def run(planes: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
        results = deployed(torch.from_numpy(planes).to(device))
        return tuple(part.cpu().numpy() for part in (results if isinstance(results, tuple) else (results,)))

    return run


@temporary_cache(TORCH)
def _exported(program: Path, device: str) -> nn.Module:
    from torch.export import load
    from torch.export.passes import move_to_device_pass

    return move_to_device_pass(load(program), device).module()


def _filled(graph: Path, settings: NetworkSettings, output: str) -> nn.Module:
    deployed = deploy(build(settings), output)
    weights = {f"network.{name}": value for name, value in graph_weights(graph).items()}
    missing = set(deployed.state_dict()) - set(weights)
    if missing:
        message = "this bundle's graph does not hold its weights one by one; export it again with --torch"
        raise InvalidBundle(message, code="no-torch-weights")
    deployed.load_state_dict({name: weights[name] for name in deployed.state_dict()})
    return deployed
