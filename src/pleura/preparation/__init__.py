"""A folder of images and masks in any layout in, a checked, split and hashed data set with a manifest out."""

from __future__ import annotations

from pleura.datasets.manifest import Record
from pleura.preparation.pair import Refusal
from pleura.preparation.report import Report
from pleura.preparation.run import prepare
from pleura.preparation.settings import PRESETS, Settings

__all__ = ["PRESETS", "Record", "Refusal", "Report", "Settings", "prepare"]
