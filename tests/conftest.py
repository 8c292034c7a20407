"""Fixtures that more than one package of the tests uses, and which tests are slow."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

# Threads sleep while they wait; at full speed, beside another worker of the tests, they double the time of training.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pleura  # noqa: F401 - before any test imports onnxruntime, whose reports it switches off
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Volume

SLOW = (
    "benchmarks",  # whole benchmarks on drawn chests
    "cli/test_train.py",  # trains, resumes, exports
    "cli/test_demo.py",  # the whole pipeline over a chest of full size
    "cli/test_results_kept.py",  # segments again and again over earlier results
    "docs",  # every example of every page, and the site
    "inference/test_ct_warnings.py",  # real scans, whole
    "inference/test_one_lung.py",  # real scans, whole
    "networks/test_build.py",  # builds and folds every network
    "networks/test_onnx.py",  # exports every network
    "networks/test_pretrained.py",  # ImageNet's encoder
    *(f"peers/test_{name}.py" for name in ("dicom_seg", "rtstruct")),  # start a program of others for each case
    "recipes",  # trains networks of the recipes
    "scripts",  # prepares, trains and evaluates in processes of their own
    "test_offline.py",  # every verb, under a watch over system calls
    *(f"training/test_{name}.py" for name in ("export", "initial", "logger", "loop", "resolve")),  # train
)
"""Folders and files of tests whose every test is marked slow; a single slow test carries the mark itself."""


@cache
def is_slow(path: Path) -> bool:
    """Say whether every test of a file, or of a folder, is slow."""
    slow = {Path(__file__).parent / name for name in SLOW}
    return not slow.isdisjoint((path, *path.parents))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Pass over what `python -m pytest -n auto -m "not slow"` leaves out, which takes seconds to import."""
    return (config.option.markexpr == "not slow" and is_slow(collection_path)) or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `python -m pytest -m "not slow"` leaves out."""
    for item in items:
        if is_slow(item.path):
            item.add_marker(pytest.mark.slow)


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
