"""A compact U-Net whose first and last layer trade resolution for channels.

Pixels are unshuffled into channels before the first convolution and shuffled back after the last, so that the
costly full-resolution layers of a U-Net (Ronneberger 2015, arXiv 1505.04597) run at a half or a quarter of the
side; the unshuffling is that of Shi 2016 (arXiv 1609.05158) turned round.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional


class ConvBlock(nn.Sequential):
    """A 3 x 3 convolution, batch normalisation and ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class GlobalContext(nn.Module):
    """Add to every pixel what the whole picture holds: which way the patient lies is seen nowhere else.

    The mean of the features goes through two 1 x 1 convolutions, as in squeeze-and-excitation (Hu 2018,
    arXiv 1709.01507), and is added instead of multiplied.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix = nn.Sequential(nn.Conv2d(width, width, 1), nn.ReLU(inplace=True), nn.Conv2d(width, width, 1))

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the same shape."""
        mixed: Tensor = self.mix(features.mean(dim=(2, 3), keepdim=True))
        return features + mixed


class UNet(nn.Module):
    """Map (n, in_channels, h, w) to class scores (n, classes, h, w), before softmax.

    Parameters
    ----------
    in_channels : slices seen at once: the slice to label and its neighbours
    classes : labels, background included
    widths : channels at each level, finest first
    depths : convolution blocks of the encoder at each level; the decoder has one
    shuffle : pixels folded into channels along each side; h and w must be multiples of
        ``shuffle * 2 ** (len(widths) - 1)``
    """

    def __init__(
        self, in_channels: int, classes: int, widths: Sequence[int], depths: Sequence[int], shuffle: int
    ) -> None:
        super().__init__()
        self.shuffle = shuffle
        inputs = [in_channels * shuffle**2, *widths[:-1]]
        self.encoder = nn.ModuleList(
            nn.Sequential(*(ConvBlock(first if block == 0 else width, width) for block in range(depth)))
            for first, width, depth in zip(inputs, widths, depths, strict=True)
        )
        self.overview = GlobalContext(widths[-1])  # checkpoints and graphs name its weights so
        pairs = list(pairwise(widths))
        self.narrow = nn.ModuleList(nn.Conv2d(below, here, 1) for here, below in pairs)
        self.decoder = nn.ModuleList(ConvBlock(2 * here, here) for here, _ in pairs)
        self.head = nn.Conv2d(widths[0], classes * shuffle**2, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Return the scores of `images`."""
        features = functional.pixel_unshuffle(images, self.shuffle)
        skips = []
        for level, stage in enumerate(self.encoder):
            features = stage(functional.max_pool2d(features, 2) if level else features)
            skips.append(features)
        features = self.overview(features)
        for level in reversed(range(len(self.decoder))):
            raised = functional.interpolate(self.narrow[level](features), scale_factor=2.0, mode="nearest")
            features = self.decoder[level](torch.cat([raised, skips[level]], dim=1))
        return functional.pixel_shuffle(self.head(features), self.shuffle)
