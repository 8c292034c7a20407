"""The losses that a configuration can name, alone or as a sum: what a network of any number of outputs minimises.

All of them look at the same few regions: each class that is not background, and, where there are several, all of
them together. A single output is taken for two classes, background with score 0, whose softmax is its sigmoid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pleura.errors import InvalidOption

UNKNOWN = 255
"""Pixels with this label count nowhere."""

FACTORS = {"bce": 1.0, "cross-entropy": 1.0, "dice": 1.0, "tversky": 1.0, "boundary": 0.01}
"""The weight of each loss in a sum that gives it none; that of the boundary is the one its paper begins with."""

Objective = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Scores (n, c, h, w) float32, labels (n, h, w) int64, sides (n,) bool -> scalar."""


@dataclass(frozen=True)
class Regions:
    """What the network says and what is true, region by region; all (n, regions, h, w).

    Attributes
    ----------
    probability : of the region, 0 to 1
    truth : whether the pixel belongs to it
    where : whether the pixel counts
    """

    probability: Tensor
    truth: Tensor
    where: Tensor


def make_objective(name: str, classes: int, **weights: float) -> Objective:
    """Return the loss `name` for a network with `classes` outputs.

    Parameters
    ----------
    name : ``bce``, ``cross-entropy``, ``dice``, ``tversky`` or ``boundary``, or several of them joined by ``+``
    classes : channels of the scores: 1 for a sigmoid on any label above 0, else a softmax with background first
    weights : factor of each term of the sum, where it is not that of `FACTORS`; ``cross_entropy`` for ``cross-entropy``

    Returns
    -------
    A function of scores (n, classes, h, w) float32 before sigmoid or softmax, labels (n, height, width) int64 and
    sides (n,) bool, to a scalar. Pixels labelled `UNKNOWN` count nowhere. With three classes (background, right,
    left), any label but 0 means either lung where sides is False, and only lung against background counts there.
    Labels larger than the scores are shrunk to them, for ``bce`` to the share of each place that is labelled, else
    to the label that most of it has.

    Raises `InvalidOption` (``unknown-loss``, ``unsuitable-loss``).
    """
    factors = _factors(name, classes, {term.replace("_", "-"): factor for term, factor in weights.items()})

    def objective(scores: Tensor, labels: Tensor, sides: Tensor) -> Tensor:
        terms = [factor * LOSSES[term](scores, labels, sides) for term, factor in factors.items()]
        return torch.stack(terms).sum()

    return objective


def _factors(name: str, classes: int, weights: dict[str, float]) -> dict[str, float]:
    terms = name.split("+")
    for term in terms:
        if term not in FACTORS:
            known = ", ".join(FACTORS)
            raise InvalidOption(f"there is no loss {term!r}; known are {known}, joined by +", code="unknown-loss")
    for term in weights:
        if term not in terms:
            raise InvalidOption(f"{term} has a weight, but is no term of the loss {name}", code="unknown-loss")
    if "bce" in terms and classes != 1:
        raise InvalidOption(f"the loss bce is for 1 output, not {classes}; use cross-entropy", code="unsuitable-loss")
    return {term: FACTORS[term] for term in terms} | weights


def bce(scores: Tensor, labels: Tensor, sides: Tensor) -> Tensor:  # noqa: ARG001 - one output has no sides
    """Return the binary cross-entropy between the sigmoid of the scores and the labelled share of each place."""
    known = labels != UNKNOWN
    weight = _shrink(known.float()[:, None], scores)
    share = _shrink(((labels > 0) & known).float()[:, None], scores) / weight.clamp_min(1e-6)
    each = functional.binary_cross_entropy_with_logits(scores, share, reduction="none")
    return (each * weight).sum() / weight.sum().clamp_min(1)


def cross_entropy(scores: Tensor, labels: Tensor, sides: Tensor) -> Tensor:
    """Return the mean of -log(probability of the true class); where the side is unknown, of lung, whichever it is."""
    logs, labels = _logs(scores), _truth(labels, scores)
    known = labels != UNKNOWN
    target = torch.where(known, labels, 0)
    picked = logs.gather(1, target[:, None])[:, 0]
    if logs.shape[1] == 3:
        either = torch.logsumexp(logs[:, 1:], dim=1)
        picked = torch.where(sides.view(-1, 1, 1) | (target == 0), picked, either)
    return -(picked * known).sum() / known.sum().clamp_min(1)


def tversky(scores: Tensor, labels: Tensor, sides: Tensor, *, alpha: float = 0.3, beta: float = 0.7) -> Tensor:
    """Return 1 - the Tversky index, averaged over the regions.

    The index is ``o / (o + alpha * fp + beta * fn)`` with soft overlap o, false positives and false negatives, summed
    over the batch before the ratio is taken, so that slices without lung count as false positives only; one half is
    added above and below, so that a region that is nowhere costs nothing where nothing is found. With 0.3 and 0.7,
    missing costs more than finding too much (Salehi 2017, arXiv 1706.05721); with 0.5 and 0.5 it is Dice.
    """
    regions = _regions(scores, labels, sides)
    probability, truth = regions.probability * regions.where, regions.truth * regions.where
    overlap = (probability * truth).sum(dim=(0, 2, 3))
    extra, missed = probability.sum(dim=(0, 2, 3)) - overlap, truth.sum(dim=(0, 2, 3)) - overlap
    index = (overlap + 0.5) / (overlap + alpha * extra + beta * missed + 0.5)
    return 1.0 - index.mean()


def boundary(scores: Tensor, labels: Tensor, sides: Tensor) -> Tensor:
    """Return the mean over pixels and regions of probability times signed distance to the true boundary, in pixels.

    Distances are negative inside, so that the loss may fall below 0 and is lowest where the probability is 1 inside
    and 0 outside (Kervadec 2019, arXiv 1812.07032). A slice that the region fills, or is absent from, has no boundary
    and adds nothing, which is why this loss is only of use beside another.
    """
    regions = _regions(scores, labels, sides)
    distance = torch.zeros_like(regions.probability)
    for slice_, region in regions.where.any(dim=(2, 3)).nonzero().tolist():
        distance[slice_, region] = _signed_distance(regions.truth[slice_, region])
    return (regions.probability * distance * regions.where).sum() / regions.where.sum().clamp_min(1)


LOSSES: dict[str, Objective] = {
    "bce": bce,
    "cross-entropy": cross_entropy,
    "dice": partial(tversky, alpha=0.5, beta=0.5),
    "tversky": tversky,
    "boundary": boundary,
}
"""Every loss by the name that configurations use."""


def _signed_distance(truth: Tensor) -> Tensor:
    """Return the distance of pixel centres to the other side, less a half: (h, w), negative where `truth`."""
    from scipy.ndimage import distance_transform_edt

    inside = truth.cpu().numpy()
    if inside.all() or not inside.any():
        return torch.zeros_like(truth, dtype=torch.float32)
    distance = np.where(inside, 0.5 - distance_transform_edt(inside), distance_transform_edt(~inside) - 0.5)
    return torch.from_numpy(distance).to(truth.device, torch.float32)


def _regions(scores: Tensor, labels: Tensor, sides: Tensor) -> Regions:
    logs, labels = _logs(scores), _truth(labels, scores)
    foreground = logs[:, 1:]
    count = foreground.shape[1]
    truth = torch.stack([labels == label for label in range(1, count + 1)], dim=1)
    known = (labels != UNKNOWN)[:, None]
    where = known.expand_as(truth)
    if count == 1:
        return Regions(foreground.exp(), truth, where)
    if count == 2:
        where = where & sides.view(-1, 1, 1, 1)
    either = torch.logsumexp(foreground, dim=1, keepdim=True)
    return Regions(
        torch.cat([foreground, either], dim=1).exp(),
        torch.cat([truth, known & (labels > 0)[:, None]], dim=1),
        torch.cat([where, known], dim=1),
    )


def _logs(scores: Tensor) -> Tensor:
    """Return the logarithms of the probabilities of all classes, background first, also where it has no output."""
    if scores.shape[1] == 1:
        scores = torch.cat([torch.zeros_like(scores), scores], dim=1)
    return functional.log_softmax(scores, dim=1)


def _truth(labels: Tensor, scores: Tensor) -> Tensor:
    """Return the label that most of each place of `scores` has; of equals the lowest, so that unknown comes last.

    For a single output all labels above 0 are one.
    """
    if scores.shape[1] == 1:
        labels = torch.where((labels > 0) & (labels != UNKNOWN), 1, labels)
    if labels.shape[-2:] == scores.shape[-2:]:
        return labels
    present = torch.unique(labels)
    shares = torch.cat([_shrink((labels == label).float()[:, None], scores) for label in present], dim=1)
    majority: Tensor = present[shares.argmax(dim=1)]
    return majority


def _shrink(values: Tensor, scores: Tensor) -> Tensor:
    """Return the means of `values` (n, c, height, width) over the places of `scores`."""
    height, width = scores.shape[-2:]
    return functional.adaptive_avg_pool2d(values, (height, width))
