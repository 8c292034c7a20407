"""Predictions against references: how well two masks of the same scan agree, over one case and over many."""

from __future__ import annotations

from pleura.evaluation.metrics import dice, iou, precision, recall
from pleura.evaluation.surface_distance import Surfaces, assd, hd95, surface_dice, surfaces

__all__ = ["Surfaces", "assd", "dice", "hd95", "iou", "precision", "recall", "surface_dice", "surfaces"]
