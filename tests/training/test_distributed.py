"""Processes that train together share batches and gradients; half precision where it pays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from pleura.errors import PleuraError
from pleura.training.distributed import Distributed, choose_device, gains_from_bfloat16


@pytest.mark.parametrize(("generation", "gains"), [(7, False), (8, True), (9, True)])
def test_gpu_that_only_emulates_bfloat16_gains_nothing(
    monkeypatch: pytest.MonkeyPatch, generation: int, gains: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _device: SimpleNamespace(major=generation))
    monkeypatch.setattr(torch.cuda, "_check_bf16_tensor_supported", lambda _device: True)
    assert gains_from_bfloat16(torch.device("cuda")) == gains


def processes(monkeypatch: pytest.MonkeyPatch, rank: int, size: int) -> Distributed:
    """Return the processes as one of them sees them, without a connection."""
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setenv("WORLD_SIZE", str(size))
    monkeypatch.setenv("RANK", str(rank))
    return Distributed(torch.device("cpu"))


def test_processes_share_a_batch_without_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [part for rank in range(2) for part in processes(monkeypatch, rank, 2).parts(12, accumulate=3)]
    assert [(part.start, part.stop) for part in parts] == [(k, k + 2) for k in range(0, 12, 2)]


def test_batch_that_processes_cannot_share_evenly_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PleuraError, match="batch is 12, which 5 processes in 1 parts") as caught:
        processes(monkeypatch, 0, 5).parts(12, accumulate=1)
    assert caught.value.code == "config-field"


def test_first_process_alone_is_the_main_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [processes(monkeypatch, rank, 3).is_main for rank in range(3)] == [True, False, False]


def test_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(PleuraError, match="finds no cuda"):
        choose_device("cuda")


@pytest.fixture
def group(tmp_path: Path) -> Iterator[None]:
    """Make a group of this process alone."""
    torch.distributed.init_process_group("gloo", f"file://{tmp_path}/store", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


@pytest.mark.usefixtures("group")
def test_gradients_of_a_batch_in_parts_are_averaged_over_the_processes_once() -> None:
    network = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 1))
    sent = []

    def note(_state, bucket):  # type: ignore[no-untyped-def] # PyTorch refuses types that are written as text
        sent.append(bucket.buffer().clone())
        future: torch.futures.Future[torch.Tensor] = torch.futures.Future()
        future.set_result(bucket.buffer())
        return future

    network.register_comm_hook(None, note)
    distributed = Distributed(torch.device("cpu"))
    for number in range(3):
        with distributed.averaging(network, last=number == 2):
            network(torch.full((1, 2), float(number))).sum().backward()
    assert len(sent) == 1
    assert sorted(sent[0].tolist()) == [3.0, 3.0, 3.0]  # 0 + 1 + 2 for each weight, 1 + 1 + 1 for the bias


def test_network_of_one_process_is_not_wrapped() -> None:
    network = torch.nn.Linear(2, 1)
    distributed = Distributed(torch.device("cpu"))
    assert distributed.wrap(network) is network
    with distributed.averaging(network, last=False):
        network(torch.ones(1, 2)).sum().backward()
    assert network.weight.grad is not None
