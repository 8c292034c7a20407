"""From the settings in a recipe or a configuration to a network, and from the weights of another to its start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from pleura.networks.notebook import NotebookNet
from pleura.networks.original import OriginalUNet
from pleura.networks.pretrained import EncoderUNet
from pleura.networks.unet import ConvBlock, UNet


def build(settings: dict[str, Any]) -> nn.Module:
    """Return a network with random weights.

    `settings` holds `name` ("unet", "original", "notebook" or "efficientnet-lite0"; "unet" where it is missing),
    `in_channels`, `classes` (channels of the scores) and, for "unet", `widths`, `depths` and `shuffle`.
    """
    name = settings.get("name", "unet")
    sizes = {"in_channels": settings["in_channels"], "classes": settings["classes"]}
    if name == "original":
        return OriginalUNet(**sizes)
    if name == "notebook":
        return NotebookNet(**sizes)
    if name == "efficientnet-lite0":
        return EncoderUNet(**sizes, encoder=name, pretrained=False)
    return UNet(**sizes, widths=settings["widths"], depths=settings["depths"], shuffle=settings["shuffle"])


def fold(network: nn.Module) -> nn.Module:
    """Fold each batch normalisation of a `ConvBlock` into its convolution, in place, in eval mode."""
    for block in network.modules():
        if isinstance(block, ConvBlock) and isinstance(block[1], nn.BatchNorm2d):
            convolution = block[0]
            assert isinstance(convolution, nn.Conv2d)  # ConvBlock is built that way
            block[0] = fuse_conv_bn_eval(convolution, block[1])
            block[1] = nn.Identity()
    return network


@torch.no_grad()
def unfold(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return folded weights as those of a network with batch normalisation that gives the same scores.

    A folded convolution has a bias where a `ConvBlock` has none; the bias becomes that of a normalisation with mean 0
    and variance 1.
    """
    unfolded = {}
    for name, value in weights.items():
        stem, _, part = name.rpartition(".")
        is_block = stem.endswith(".0") and f"{stem}.bias" in weights and weights[f"{stem}.weight"].shape[-1] == 3
        if not is_block or part == "weight":
            unfolded[name] = value
            continue
        norm = stem[: -len("0")] + "1"
        ones = torch.ones_like(value)
        unfolded[f"{norm}.weight"] = ones * (1 + 1e-5) ** 0.5  # what the normalisation adds to the variance
        unfolded[f"{norm}.bias"] = value
        unfolded[f"{norm}.running_mean"] = torch.zeros_like(value)
        unfolded[f"{norm}.running_var"] = ones
        unfolded[f"{norm}.num_batches_tracked"] = torch.zeros((), dtype=torch.int64)
    return unfolded


def graph_weights(graph: Path) -> dict[str, Tensor]:
    """Return the weights in an exported graph, by the names they had in the network."""
    import onnx
    from onnx import numpy_helper

    weights = {}
    for item in onnx.load(graph).graph.initializer:
        if item.name.startswith("network."):
            weights[item.name.removeprefix("network.")] = torch.from_numpy(numpy_helper.to_array(item).copy())
    return weights


@torch.no_grad()
def begin_with(network: nn.Module, weights: dict[str, Tensor]) -> list[str]:
    """Put `weights` into the network where names and shapes agree; return the names of what stays as it was.

    A convolution that sees another number of channels gets the sum of its filters spread evenly over them.
    """
    left = []
    for name, value in network.state_dict().items():
        given = weights.get(name)
        if given is not None and given.shape == value.shape:
            value.copy_(given)
        elif given is not None and value.ndim == 4 and given[:, 0].shape == value[:, 0].shape:
            value.copy_((given.sum(1, keepdim=True) / value.shape[1]).expand_as(value))
        else:
            left.append(name)
    return left
