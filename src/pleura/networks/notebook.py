"""The network that the original project's notebook builds, so that its figures can be met side by side.

It is not the U-Net that the project describes: nothing skips from encoder to decoder, nothing is normalised, and of
two halvings only one is undone, so that its masks have half the side of the picture.
"""

from __future__ import annotations

from torch import nn


class NotebookNet(nn.Sequential):
    """Map (n, in_channels, h, w) to scores (n, classes, h / 2, w / 2), before sigmoid; 369,985 weights for 1 and 1.

    Sides must be multiples of 4.
    """

    def __init__(self, in_channels: int = 1, classes: int = 1) -> None:
        super().__init__(
            _block(in_channels, 64),
            nn.MaxPool2d(2),
            _block(64, 128),
            nn.MaxPool2d(2),
            _block(128, 64),
            nn.ConvTranspose2d(64, classes, 2, stride=2),
        )


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.ReLU(inplace=True),
    )
