"""A trained network as it is shipped: statistics folded into the convolutions, bytes in, bytes out.

The same module is what gets exported to ONNX and what the torch backend fills again from that file, so the three
cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from pleura.errors import PleuraError
from pleura.networks.unet import ConvBlock, UNet

SHARPNESS = 16.0
"""Steps of a byte for a difference of 1 between two scores: bytes span differences of -8 to 8."""


class Deployed(nn.Module):
    """Map planes (n, 3, side, side) uint8 to `lung` (n, side, side) and `away` (n, side / 2, side / 2), both uint8.

    `lung` is the better of right and left less background, `away` is left less right, pooled; both are scaled by
    `SHARPNESS` about 128. Lung is where the largest score is not background, as with an argmax over the classes.
    """

    def __init__(self, network: UNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        """Return `lung` and `away`."""
        scores = self.network(planes.float() * (1.0 / 255.0))
        background, right, left = scores[:, :1], scores[:, 1:2], scores[:, 2:]
        lung = torch.maximum(right, left) - background
        away = functional.avg_pool2d(left - right, 2)
        return _to_byte(lung)[:, 0], _to_byte(away)[:, 0]


def _to_byte(margin: Tensor) -> Tensor:
    return torch.round(margin * SHARPNESS + 128.0).clamp(0.0, 255.0).to(torch.uint8)


def fold(network: UNet) -> UNet:
    """Fold each batch normalisation into the convolution before it, in place; the network must be in eval mode."""
    for block in network.modules():
        if isinstance(block, ConvBlock) and isinstance(block[1], nn.BatchNorm2d):
            convolution = block[0]
            assert isinstance(convolution, nn.Conv2d)  # ConvBlock is built that way
            block[0] = fuse_conv_bn_eval(convolution, block[1])
            block[1] = nn.Identity()
    return network


def from_onnx(
    path: Path, settings: dict[str, Any], device: str, threads: int
) -> Callable[[NDArray[np.uint8]], tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Return a backend that runs the weights of an exported graph in PyTorch; see `pleura.inference.backends`."""
    import onnx
    from onnx import numpy_helper

    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available[device]:
        raise PleuraError(f"torch finds no {device} on this machine; use --device cpu", code="no-device")
    deployed = Deployed(fold(UNet(**settings).eval()))
    weights = {
        item.name: torch.from_numpy(numpy_helper.to_array(item).copy()) for item in onnx.load(path).graph.initializer
    }
    deployed.load_state_dict({name: weights[name] for name in deployed.state_dict()})
    deployed.to(device)
    if device == "cpu":
        torch.set_num_threads(threads)

    @torch.inference_mode()
    def run(planes: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        lung, away = deployed(torch.from_numpy(planes).to(device))
        return lung.cpu().numpy(), away.cpu().numpy()

    return run
