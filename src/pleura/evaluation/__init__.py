"""Predictions against references: how well two masks of the same scan agree."""

from __future__ import annotations

from pleura.evaluation.metrics import dice, hd95, iou

__all__ = ["dice", "hd95", "iou"]
