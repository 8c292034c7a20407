"""Caches of libraries go into a folder that is gone afterwards."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pleura.networks.caches import MATPLOTLIB, TORCH, temporary_cache


def test_a_cache_lies_in_a_folder_that_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TORCH, "mine")
    monkeypatch.delenv(MATPLOTLIB, raising=False)
    with temporary_cache(TORCH, MATPLOTLIB):
        folder = Path(os.environ[TORCH])
        assert folder.is_dir()
        assert os.environ[MATPLOTLIB] == str(folder)
    assert not folder.exists()
    assert os.environ[TORCH] == "mine"
    assert MATPLOTLIB not in os.environ


def test_the_environment_is_put_back_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TORCH, "mine")
    with pytest.raises(RuntimeError), temporary_cache(TORCH):
        raise RuntimeError
    assert os.environ[TORCH] == "mine"
