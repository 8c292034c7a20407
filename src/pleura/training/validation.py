"""How good the network is on scans it has not seen, measured on the model's grid, without cleaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from pleura.training.augment import spatial
from pleura.training.config import TrainingConfig
from pleura.training.data import CONTEXT_MM, GREY_RANGE, TrainingCase, with_convention_channel
from pleura.training.losses import UNKNOWN, Objective
from pleura.volume import Kind

PART = 16
"""Slices given to the network at a time."""


@dataclass(frozen=True, eq=False)
class ValidationCase:
    """One validation case as the network sees it: images (z, c, h, w) in 0..1, labels (z, h, w), sides (z,).

    `source`, `id` and `name` are those of its `TrainingCase`.
    """

    source: str
    id: str
    name: str
    images: Tensor
    labels: Tensor
    sides: Tensor

    @property
    def fullest(self) -> int:
        """Index of the slice that has most of the reference."""
        return int((self.labels > 0).sum(dim=(1, 2)).argmax())


def prepare(cases: Sequence[TrainingCase], config: TrainingConfig) -> list[ValidationCase]:
    """Return the cases sampled on the model's grid, as the network of `config` sees them."""
    return [_validation_case(case, config) for case in cases]


def _validation_case(case: TrainingCase, config: TrainingConfig) -> ValidationCase:
    low, high = config.window if case.kind is Kind.HU else GREY_RANGE
    values = torch.from_numpy(case.slices).float().sub(low).div(high - low).clamp(0.0, 1.0)
    laid, fovs = [spatial.IDENTITY] * len(values), [case.fov] * len(values)
    planes, labels = spatial.apply(
        laid, fovs, values[:, None], torch.from_numpy(case.labels), max(len(config.labels), 2)
    )
    if config.slices == 3:
        gap = max(1, round(CONTEXT_MM / case.slice_spacing)) if case.slice_spacing else 1
        order = torch.arange(len(values))
        below, above = (order - gap).clamp_min(0), (order + gap).clamp_max(len(values) - 1)
        planes = torch.cat([planes[below], planes, planes[above]], dim=1)
    planes = with_convention_channel(planes, [config.convention_value(case.source)] * len(planes))
    return ValidationCase(case.source, case.id, case.name, planes, labels, torch.from_numpy(case.sides))


def predict_labels(scores: Tensor, size: tuple[int, int]) -> Tensor:
    """Return labels (n, *size) from scores (n, c, h, w): the class with the highest, or, for one, where above 0."""
    if scores.shape[-2:] != size:
        scores = nn.functional.interpolate(scores, size=size, mode="bilinear", align_corners=False)
    return scores.argmax(1) if scores.shape[1] > 1 else (scores[:, 0] > 0).long()


@torch.no_grad()
def validate(
    network: Callable[[Tensor], Tensor],
    cases: Sequence[ValidationCase],
    objective: Objective,
    each: bool = False,
    tell: Callable[[int, int], None] = lambda _done, _count: None,
) -> dict[str, float]:
    """Return Dice by set, its mean as "score", the mean "val_loss", and the "false_pixels" in slices without label.

    Dice is that of all labels together, of a slice or of a volume: which lung is which is settled for whole scans
    after the network, in `pleura.inference.postprocess`. With `each`, it is the mean over the labels that are there.
    `tell` is called with how many cases are done, and of how many.
    """
    found: dict[str, list[float]] = {}
    losses: list[float] = []
    false_pixels = 0
    for number, case in enumerate(cases):
        tell(number, len(cases))
        marked, loss = _through(network, case, objective)
        losses.append(loss)
        known = case.labels != UNKNOWN
        truth, marked = torch.where(known, case.labels, 0), torch.where(known, marked, 0)
        if not (truth > 0).any():
            false_pixels += int((marked > 0).sum())
        else:
            found.setdefault(case.source or "dice", []).append(_agreement(marked, truth, each))
    means = {source: float(np.mean(values)) for source, values in found.items()}
    score = float(np.mean(list(means.values()))) if means else 0.0
    return {**means, "score": score, "val_loss": float(np.mean(losses)), "false_pixels": float(false_pixels)}


def _through(network: Callable[[Tensor], Tensor], case: ValidationCase, objective: Objective) -> tuple[Tensor, float]:
    marked, losses = [], []
    parts = (torch.split(whole, PART) for whole in (case.images, case.labels, case.sides))
    for images, labels, sides in zip(*parts, strict=True):
        scores = network(images).float().cpu()
        marked.append(predict_labels(scores, (labels.shape[1], labels.shape[2])))
        losses.append(float(objective(scores, labels, sides)) * len(images))
    return torch.cat(marked), sum(losses) / len(case.images)


def _agreement(marked: Tensor, truth: Tensor, each: bool) -> float:
    if not each:
        return _dice(marked > 0, truth > 0)
    labels = [value for value in set(truth.flatten().tolist()) if value > 0]
    return float(np.mean([_dice(marked == value, truth == value) for value in labels]))


def _dice(a: Tensor, b: Tensor) -> float:
    total = int(a.sum() + b.sum())
    return 2.0 * int((a & b).sum()) / total if total else 1.0
