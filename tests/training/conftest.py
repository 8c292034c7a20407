"""Fixtures of the tests that train."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawn_slices import write_slices


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one set: four drawn patients for training, two to validate. Nobody changes it."""
    return write_slices(tmp_path_factory.mktemp("data"))
