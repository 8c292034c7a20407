"""Folders of anything in, a checked, split and hashed dataset with a manifest out."""

from __future__ import annotations

from pleura.datasets.preparation import prepare
from pleura.datasets.record import Record, Refusal
from pleura.datasets.report import Report
from pleura.datasets.settings import PRESETS, Settings

__all__ = ["PRESETS", "Record", "Refusal", "Report", "Settings", "prepare"]
