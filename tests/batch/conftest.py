"""Batches are tried in a folder of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from quick_network import network, scan, slice_picture, small_pictures  # noqa: F401 - fixtures


@pytest.fixture(autouse=True)
def work_elsewhere(elsewhere: Path) -> None:
    """Work in a folder of its own."""
