"""Fixtures that more than one room of the tests uses."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import pleura  # noqa: F401 - before any test imports onnxruntime, whose reports it switches off
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Volume


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real scans beside the checkout; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("PLEURA_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("the real scans are not beside this checkout (set PLEURA_SHARED)")
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of its own, and return it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def picture() -> Segmentation:
    """Return a single picture of 4 x 6 pixels without millimetres."""
    labels = np.zeros((4, 6), np.uint8)
    labels[1:3, 1] = 1
    labels[1:3, 4] = 2
    grey = np.full((1, 4, 6), 200, np.uint8)
    volume = Volume(grey, np.eye(4)[[2, 1, 0, 3]], kind=Kind.WINDOWED, is_picture=True, spacing_known=False)
    return Segmentation(labels, volume)
