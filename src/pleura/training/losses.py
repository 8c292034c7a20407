"""What training minimises: cross-entropy plus soft Dice, on right and left lung, or on lung alone."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

UNKNOWN = 255
"""Pixels with this label count nowhere."""


def segmentation_loss(scores: Tensor, labels: Tensor, sides: Tensor) -> Tensor:
    """Return cross-entropy + (1 - Dice), a scalar.

    Parameters
    ----------
    scores : (n, 3, h, w) float32 before softmax: background, right, left
    labels : (n, h, w) int64: 0, 1, 2, or `UNKNOWN`
    sides : (n,) bool; where False, label 1 means either lung and only lung against background counts
    """
    known = labels != UNKNOWN
    target = torch.where(known, labels, 0)
    logs = functional.log_softmax(scores, dim=1)
    either = torch.logsumexp(logs[:, 1:], dim=1)
    picked = logs.gather(1, target[:, None])[:, 0]
    picked = torch.where(sides.view(-1, 1, 1) | (target == 0), picked, either)
    entropy = -(picked * known).sum() / known.sum().clamp_min(1)
    return entropy + _dice_loss(logs.exp(), either.exp(), target, known, sides)


def _dice_loss(chances: Tensor, either: Tensor, target: Tensor, known: Tensor, sides: Tensor) -> Tensor:
    """Return 1 - soft Dice over the batch, averaged over right, left and both lungs together.

    Sums run over the batch before the ratio is taken, so that slices without lung count as false positives only.
    """
    sided = known & sides.view(-1, 1, 1)
    terms = [
        _soft_dice(chances[:, 1], target == 1, sided),
        _soft_dice(chances[:, 2], target == 2, sided),
        _soft_dice(either, target > 0, known),
    ]
    return 1.0 - torch.stack(terms).mean()


def _soft_dice(chance: Tensor, truth: Tensor, where: Tensor) -> Tensor:
    weight = where.float()
    overlap = (chance * truth * weight).sum()
    return (2.0 * overlap + 1.0) / ((chance * weight).sum() + (truth * weight).sum() + 1.0)
