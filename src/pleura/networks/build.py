"""From the settings in a recipe or a configuration to a network, and from the weights of another to its start."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from pleura.networks.notebook import NotebookNet
from pleura.networks.original import OriginalUNet
from pleura.networks.pretrained import EncoderUNet
from pleura.networks.settings import NetworkSettings
from pleura.networks.unet import UNet


def build(settings: NetworkSettings) -> nn.Module:
    """Return a network with random weights."""
    in_channels, classes = settings.in_channels, settings.classes
    if settings.name == "original":
        return OriginalUNet(in_channels, classes)
    if settings.name == "notebook":
        return NotebookNet(in_channels, classes)
    if settings.name == "efficientnet-lite0":
        return EncoderUNet(in_channels, classes, pretrained=False)
    return UNet(in_channels, classes, widths=settings.widths, depths=settings.depths, shuffle=settings.shuffle)


def fold_batchnorm(network: nn.Module) -> nn.Module:
    """Fold each batch normalisation that follows a convolution into it, in place, in eval mode."""
    for _, block, index, convolution, normalisation in list(_normalised(network)):
        block[index] = fuse_conv_bn_eval(convolution, normalisation)
        block[index + 1] = nn.Identity()
    return network


@torch.no_grad()
def unfold_batchnorm(network: nn.Module, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return weights with those that were folded as `network` has them, giving the same scores.

    A folded convolution has a bias where that of the network has none; the bias becomes that of a normalisation with
    mean 0 and variance 1.
    """
    unfolded = dict(weights)
    for name, _, index, _, normalisation in _normalised(network):
        bias = unfolded.pop(f"{name}.{index}.bias", None)
        if bias is None:
            continue
        ones, norm = torch.ones_like(bias), f"{name}.{index + 1}"
        unfolded[f"{norm}.weight"] = ones * (1 + normalisation.eps) ** 0.5  # it is added to the variance
        unfolded[f"{norm}.bias"] = bias
        unfolded[f"{norm}.running_mean"] = torch.zeros_like(bias)
        unfolded[f"{norm}.running_var"] = ones
        unfolded[f"{norm}.num_batches_tracked"] = torch.zeros((), dtype=torch.int64)
    return unfolded


def _normalised(network: nn.Module) -> Iterator[tuple[str, nn.Sequential, int, nn.Conv2d, nn.BatchNorm2d]]:
    """Yield each convolution that a batch normalisation follows: their block and its name, its index there, both."""
    for name, block in network.named_modules():
        if isinstance(block, nn.Sequential):
            for index, (first, second) in enumerate(pairwise(block)):
                if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                    yield name, block, index, first, second


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
def load_matching_weights(network: nn.Module, weights: dict[str, Tensor]) -> list[str]:
    """Put `weights` into the network where names and shapes agree; return the names of what stays as it was.

    Weights of an exported network are unfolded. A convolution that sees another number of channels gets the sum of its
    filters spread evenly over them.
    """
    left = []
    weights = unfold_batchnorm(network, weights)
    for name, value in network.state_dict().items():
        given = weights.get(name)
        if given is not None and given.shape == value.shape:
            value.copy_(given)
        elif given is not None and value.ndim == 4 and given[:, 0].shape == value[:, 0].shape:
            value.copy_((given.sum(1, keepdim=True) / value.shape[1]).expand_as(value))
        else:
            left.append(name)
    return left
