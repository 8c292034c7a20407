"""The network of the coarse look: a 3D U-Net written with 2D convolutions, slices as batch.

A 3 x 3 x 3 convolution is a 3 x 3 one over the cells of a slice, the one below and the one above; written so, it runs
twice as fast in ONNX Runtime on a processor as a 3D convolution does, and trains in bfloat16 without its faults.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional


class Conv(nn.Module):
    """A 3 x 3 x 3 convolution, batch normalisation and ReLU on (n * z, c, y, x)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convolve = nn.Conv2d(3 * inputs, outputs, 3, padding=1, bias=False)
        self.normalise = nn.BatchNorm2d(outputs, momentum=0.03)

    def forward(self, features: Tensor, slices: int) -> Tensor:
        """Return features of the same size; `slices` is z."""
        result: Tensor = functional.relu(self.normalise(self.convolve(with_neighbours(features, slices))), inplace=True)
        return result


def with_neighbours(features: Tensor, slices: int) -> Tensor:
    """Return (n * z, 3 c, y, x): each slice between the one below and the one above, zeros beyond the ends."""
    stack = features.view(-1, slices, *features.shape[1:])
    none = torch.zeros_like(stack[:, :1])
    below, above = torch.cat([none, stack[:, :-1]], dim=1), torch.cat([stack[:, 1:], none], dim=1)
    return torch.cat([below, stack, above], dim=2).flatten(0, 1)


class CoarseNet(nn.Module):
    """Map cells (n, 3, z, y, x) in 0..255 to scores (n, 3, z, y, x) of background, right and left lung.

    Parameters
    ----------
    widths : channels at 8, 16, 32, 64 mm
    depths : convolutions of the encoder at each level; the decoder has one

    z, y and x are multiples of ``2 ** len(widths)``.
    """

    def __init__(self, widths: Sequence[int] = (16, 48, 96, 128), depths: Sequence[int] = (1, 2, 2, 2)) -> None:
        super().__init__()
        inputs = [3 * 8, *widths[:-1]]
        self.encoder = nn.ModuleList(
            nn.ModuleList(Conv(first if block == 0 else width, width) for block in range(depth))
            for first, width, depth in zip(inputs, widths, depths, strict=True)
        )
        deepest = widths[-1]
        self.context = nn.Sequential(nn.Linear(deepest, deepest), nn.ReLU(), nn.Linear(deepest, deepest))
        pairs = list(pairwise(widths))
        self.narrow = nn.ModuleList(nn.Conv2d(below, here, 1) for here, below in pairs)
        self.decoder = nn.ModuleList(Conv(2 * here, here) for here, _ in pairs)
        self.head = nn.Conv2d(widths[0], 3 * 8, 1)

    def forward(self, cells: Tensor) -> Tensor:
        """Return the scores."""
        count, _, depth, _, _ = cells.shape
        slices = depth // 2
        features = folded((cells - 64) / 64)
        skips = []
        for level, stage in enumerate(self.encoder):
            if level:
                features, slices = halved(features, slices), slices // 2
            for block in stage.children():
                features = block(features, slices)
            skips.append((features, slices))
        whole = features.view(count, slices, *features.shape[1:]).mean(dim=(1, 3, 4))
        features = features + self.context(whole).repeat_interleave(slices, dim=0)[:, :, None, None]
        for level in reversed(range(len(self.decoder))):
            skip, slices = skips[level]
            raised = functional.interpolate(self.narrow[level](features), scale_factor=2.0, mode="nearest")
            raised = raised.repeat_interleave(2, dim=0)
            features = self.decoder[level](torch.cat([raised, skip], dim=1), slices)
        return unfolded(self.head(features), slices)


def folded(cells: Tensor) -> Tensor:
    """Return (n * z / 2, 8 c, y / 2, x / 2): 2 x 2 x 2 cells as channels."""
    n, c, z, y, x = cells.shape
    parts = cells.view(n, c, z // 2, 2, y // 2, 2, x // 2, 2).permute(0, 2, 1, 3, 5, 7, 4, 6)
    return parts.reshape(n * (z // 2), c * 8, y // 2, x // 2)


def unfolded(features: Tensor, slices: int) -> Tensor:
    """Return (n, c, z, y, x) from (n * slices, 8 c, y / 2, x / 2), the inverse of `folded`."""
    total, c, y, x = features.shape
    parts = features.view(total // slices, slices, c // 8, 2, 2, 2, y, x).permute(0, 2, 1, 3, 6, 4, 7, 5)
    return parts.reshape(total // slices, c // 8, slices * 2, y * 2, x * 2)


def halved(features: Tensor, slices: int) -> Tensor:
    """Return the largest of each 2 x 2 x 2 places, (n * slices / 2, c, y / 2, x / 2)."""
    flat = functional.max_pool2d(features, 2)
    pairs = flat.view(-1, slices // 2, 2, *flat.shape[1:])
    return torch.maximum(pairs[:, :, 0], pairs[:, :, 1]).flatten(0, 1)
