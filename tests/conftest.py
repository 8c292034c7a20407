"""Fixtures that more than one room of the tests uses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import pleura  # noqa: F401 - before any test imports onnxruntime, whose reports it switches off


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
