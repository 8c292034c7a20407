"""How good the network is on scans it has not seen, measured on the model's grid, without cleaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from pleura.inference.grid import Square
from pleura.training import spatial
from pleura.training.augmentation import HU_WINDOW
from pleura.training.data import CONTEXT_MM, Case
from pleura.volume import Kind

AS_READ = spatial.Place(turn=0, mirrored=False, angle=0.0, scale=1.0, stretch=1.0, shift=(0.0, 0.0), bend=0.0, seed=0)


@dataclass(frozen=True, eq=False)
class Sheet:
    """One validation case as the network sees it: images (z, 3, h, w) in 0..1, labels (z, h, w)."""

    source: str
    images: Tensor
    labels: Tensor


def prepare(cases: Sequence[Case]) -> list[Sheet]:
    """Return the cases sampled on the model's grid, neighbours beside each slice."""
    return [_sheet(case) for case in cases]


def _sheet(case: Case) -> Sheet:
    low, high = HU_WINDOW if case.kind is Kind.HU else (0.0, 255.0)
    slices = torch.from_numpy(case.slices).float().sub(low).div(high - low).clamp(0.0, 1.0)
    squares: list[Square] = [case.square] * len(slices)
    planes, labels = spatial.apply([AS_READ] * len(slices), squares, slices[:, None], torch.from_numpy(case.labels))
    gap = max(1, round(CONTEXT_MM / case.step)) if case.step else 1
    order = torch.arange(len(slices))
    below, above = (order - gap).clamp_min(0), (order + gap).clamp_max(len(slices) - 1)
    images = torch.cat([planes[below], planes, planes[above]], dim=1)
    return Sheet(case.source, images, labels)


@torch.no_grad()
def validate(network: nn.Module, sheets: Sequence[Sheet]) -> dict[str, float]:
    """Return Dice by set, its mean as "score", and the pixels found in slices without lung as "false_pixels".

    Dice is that of both lungs together, of a slice or of a volume: which lung is which is settled for whole scans
    after the network, in `pleura.inference.cleanup`.
    """
    network.eval()
    found: dict[str, list[float]] = {}
    false_pixels = 0
    for sheet in sheets:
        images = sheet.images.to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            guess = torch.cat([network(part).argmax(1) for part in torch.split(images, 16)])
        if not (sheet.labels > 0).any():
            false_pixels += int((guess > 0).sum())
        else:
            found.setdefault(sheet.source, []).append(_dice(guess > 0, sheet.labels > 0))
    means = {source: float(np.mean(values)) for source, values in found.items()}
    return {**means, "score": float(np.mean(list(means.values()))), "false_pixels": float(false_pixels)}


def _dice(a: Tensor, b: Tensor) -> float:
    total = int(a.sum() + b.sum())
    return 2.0 * int((a & b).sum()) / total if total else 1.0
