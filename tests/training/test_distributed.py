"""Where half precision pays."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from pleura.training.distributed import gains_from_bfloat16


@pytest.mark.parametrize(("generation", "gains"), [(7, False), (8, True), (9, True)])
def test_gpu_that_only_emulates_bfloat16_gains_nothing(
    monkeypatch: pytest.MonkeyPatch, generation: int, gains: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _device: SimpleNamespace(major=generation))
    monkeypatch.setattr(torch.cuda, "_check_bf16_tensor_supported", lambda _device: True)
    assert gains_from_bfloat16(torch.device("cuda")) == gains
