"""A file of weights is whole or not there, and holds what went in."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from pleura.errors import UnwritableOutput
from pleura.training.checkpoint import save


def test_weights_and_text_are_read_back_as_they_were(tmp_path: Path) -> None:
    weights = {"a.weight": torch.arange(6.0).reshape(2, 3).T, "b": torch.tensor([1, 2])}
    save(tmp_path / "best.safetensors", weights, {"step": "7"})
    found = load_file(tmp_path / "best.safetensors")
    assert found.keys() == weights.keys()
    assert all(torch.equal(found[name], weights[name]) for name in weights)
    with safe_open(tmp_path / "best.safetensors", "pt") as file:
        assert file.metadata() == {"step": "7"}
    assert [path.name for path in tmp_path.iterdir()] == ["best.safetensors"]


def test_disk_that_is_full_leaves_the_earlier_file_and_is_an_error_with_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "last.safetensors", {"a": torch.zeros(2)})
    before = (tmp_path / "last.safetensors").read_bytes()

    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("safetensors.torch.save", full)
    with pytest.raises(UnwritableOutput, match="No space left") as caught:
        save(tmp_path / "last.safetensors", {"a": torch.ones(2)})
    assert caught.value.code == "not-written"
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [before]
