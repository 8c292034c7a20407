"""The small network that tells CT slice, frontal chest radiograph and neither apart: 33 000 weights, five convolutions.

Pooled over the whole picture, it sees what there is and not where, but for the texture of about two thirds of a side.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

WIDTHS = (12, 24, 28, 40, 36)
KERNELS = (5, 3, 3, 3, 3)
STRIDES = (2, 2, 1, 2, 1)
"""Channels, sides of the kernels, and steps of the five convolutions; a last point sees 41 of the 64 pixels a side."""
CLASSES = 3
"""CT slice, frontal radiograph, neither."""
QUIET = 8.0
"""Greys that are added to the deviation of a picture, so that an empty one is not blown up to noise."""


class ModalityNet(nn.Module):
    """Map pictures (n, 1, SIDE, SIDE), grey 0..255, to scores (n, `CLASSES`): ct, radiograph, other."""

    def __init__(self) -> None:
        super().__init__()
        steps: list[nn.Module] = []
        before = 1
        for width, kernel, stride in zip(WIDTHS, KERNELS, STRIDES, strict=True):
            steps += [nn.Conv2d(before, width, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(width)]
            steps += [nn.ReLU(inplace=True)]
            before = width
        self.features = nn.Sequential(*steps)
        self.scores = nn.Linear(2 * before, CLASSES)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return scores; brightness and contrast of the picture do not matter."""
        mean = pictures.mean((1, 2, 3), keepdim=True)
        deviation = (pictures - mean).square().mean((1, 2, 3), keepdim=True).sqrt()
        found = self.features((pictures - mean) / (deviation + QUIET))
        scores: Tensor = self.scores(torch.cat([found.mean((2, 3)), found.amax((2, 3))], dim=1))
        return scores
