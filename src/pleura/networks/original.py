"""The network of the original project's paper, to the letter, and its start from an ImageNet-trained network.

A U-Net (Ronneberger 2015, arXiv 1505.04597) of three resolutions with 64 filters each. The paper names no network
that the encoder's weights come from; here they come from EfficientNet-lite0, whose first three levels hold two
spatial layers each, as this encoder does.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from pleura.networks.pretrained import InvertedResidual, LiteEncoder, Step
from pleura.networks.unet import ConvBlock

FILTERS = 64
"""Of every convolution but the last, as the paper states."""

LEVELS = 3
"""Resolutions, the full one included, as the paper states."""

WEAK = 0.05
"""A trained filter under this share of the median's norm is taken for dead: in grey it responds to nothing."""


class OriginalUNet(nn.Module):
    """Map (n, in_channels, h, w) to scores (n, classes, h, w), before sigmoid.

    Sides must be multiples of 4.

    Parameters
    ----------
    in_channels : channels of the picture
    classes : channels of the scores
    """

    def __init__(self, in_channels: int = 1, classes: int = 1) -> None:
        super().__init__()
        self.encoder = nn.ModuleList(_double(FILTERS if level else in_channels, FILTERS) for level in range(LEVELS))
        self.up = nn.ModuleList(nn.ConvTranspose2d(FILTERS, FILTERS, 2, stride=2) for _ in range(LEVELS - 1))
        self.decoder = nn.ModuleList(_double(2 * FILTERS, FILTERS) for _ in range(LEVELS - 1))
        self.head = nn.Conv2d(FILTERS, classes, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Return the scores of `images`."""
        skips = [self.encoder[0](images)]
        for stage in self.encoder[1:]:
            skips.append(stage(functional.max_pool2d(skips[-1], 2)))
        features = skips.pop()
        for up, stage in zip(self.up, self.decoder, strict=True):
            features = stage(torch.cat([up(features), skips.pop()], dim=1))
        scores: Tensor = self.head(features)
        return scores


def _double(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(ConvBlock(inputs, outputs), ConvBlock(outputs, outputs))


@torch.no_grad()
def initialise_from_imagenet(network: OriginalUNet) -> None:
    """Put ImageNet-trained filters into the encoder of `network`, in place; the decoder keeps its random ones.

    No network of plain 3 x 3 convolutions with 64 filters comes with a package, so each convolution takes the linear
    part of the layer of EfficientNet-lite0 that stands at its place: first the stem, then five inverted residual
    blocks. The linear part of a block is the product of its three convolutions, statistics folded in, plus the
    identity where the block adds its input: one dense kernel, of which the central 3 x 3 is kept.

    Those blocks end without a ReLU, where this network has one, so that each filter is laid down twice, the second
    time with its sign turned (Shang 2016, arXiv 1603.05201), and the next layer takes the difference of the two. What
    is left of the 64 keeps random filters (He 2015, arXiv 1502.01852), as do the few places whose trained
    filter is dead or sees colour alone. Each trained filter is scaled to the norm of the random one in whose place it
    comes, so that the variance is kept from layer to layer.

    Raises `MissingExtra` where the package with the weights is missing.
    """
    targets = [module for module in network.encoder.modules() if isinstance(module, nn.Conv2d)]
    lite = LiteEncoder(targets[0].in_channels, pretrained=True).eval()
    sources = [part for level in lite.levels for part in level.children()]
    spread: Tensor | None = None
    for target, source in zip(targets, sources, strict=False):
        nn.init.kaiming_normal_(target.weight, nonlinearity="relu")
        kernel = _linear_part(source)
        if spread is not None:  # None: the picture itself, which comes without pairs
            kernel = kernel * spread[:, None, None]
            kernel = torch.cat([kernel, -kernel], dim=1)
        kernel = torch.cat([kernel, -kernel])[: target.out_channels, : target.in_channels]
        place = target.weight[: kernel.shape[0], : kernel.shape[1]]
        strength = _norms(kernel)
        strong = strength > WEAK * strength.median()
        place.copy_(torch.where(strong, kernel * _norms(place) / strength, place))
        spread = _spread(source, spread)


def _norms(kernels: Tensor) -> Tensor:
    return kernels.square().sum(dim=(1, 2, 3), keepdim=True).sqrt()


def _linear_part(source: nn.Module) -> Tensor:
    """Return the kernel (outputs, inputs, 3, 3) that a step or block of lite0 amounts to without its ReLU6s."""
    if not isinstance(source, InvertedResidual):
        return _folded(source)
    kernel = torch.einsum("om,mhw->omhw", _folded(source.project)[:, :, 0, 0], _folded(source.filter)[:, 0])
    if isinstance(source.expand, Step):
        kernel = torch.einsum("omhw,mi->oihw", kernel, _folded(source.expand)[:, :, 0, 0])
    edge = (kernel.shape[-1] - 3) // 2
    kernel = kernel[:, :, edge : edge + 3, edge : edge + 3].clone()
    if source.residual:
        kernel[:, :, 1, 1] += torch.eye(len(kernel))
    return kernel


def _folded(step: nn.Module) -> Tensor:
    """Return the weights of a step with its statistics multiplied in."""
    weight: Tensor = fuse_conv_bn_eval(*_layers(step)).weight
    return weight


def _spread(source: nn.Module, before: Tensor | None) -> Tensor:
    """Return the standard deviation of each output of `source`, which the normalisation of the network takes away.

    Batch normalisation leaves its own weight as the spread; what a block adds to its input is held for independent.
    """
    block = source if isinstance(source, InvertedResidual) else None
    own: Tensor = _layers(block.project if block else source)[1].weight.abs()
    return own if before is None or not (block and block.residual) else torch.hypot(own, before)


def _layers(step: nn.Module) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    _, convolution, normalisation, _ = step.children()
    assert isinstance(convolution, nn.Conv2d)  # Step is built that way
    assert isinstance(normalisation, nn.BatchNorm2d)
    return convolution, normalisation
