"""One run on several processes: what `torchrun` starts works with the same configuration.

Every process draws the same batch and trains on its own part of it, so that a run may stop with one number of
processes and go on with another. Only the first writes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn

from pleura.errors import InvalidOption


def choose_device(requested: str) -> torch.device:
    """Return the device to train on; "auto" is a GPU where there is one. Raises `InvalidOption` (``no-device``)."""
    if requested == "auto":
        requested = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available[requested]:
        raise InvalidOption(f"torch finds no {requested} on this machine; train with device cpu", code="no-device")
    if requested == "cuda":
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    return torch.device(requested)


def gains_from_bfloat16(device: torch.device) -> bool:
    """Say whether bfloat16 is faster than float32 there: on GPUs made for it, and on processors with AMX.

    GPUs before Ampere only emulate it. Processors with AVX-512 that know bfloat16 but have no AMX took 1.4 times as
    long with it.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_amx_tile_supported())


class Distributed:
    """The processes of a run: one alone where `torchrun` did not start it."""

    def __init__(self, device: torch.device) -> None:
        self.size = int(os.environ.get("WORLD_SIZE", 1))
        self.rank = int(os.environ.get("RANK", 0))
        self.device = device
        if self.size > 1 and not torch.distributed.is_initialized():
            torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")

    @property
    def is_main(self) -> bool:
        """Whether this process validates and writes."""
        return self.rank == 0

    def wrap(self, network: nn.Module) -> nn.Module:
        """Return the network, its gradients shared among the processes."""
        if self.size == 1:
            return network
        devices = [self.device] if self.device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(network, device_ids=devices)

    def averaging(self, network: nn.Module, *, last: bool) -> AbstractContextManager[None]:
        """Return the context for one part of a batch, in which gradients add up, averaged with the `last` alone.

        The average over the processes costs a message of the size of the weights; of a sum it is the sum of averages.
        """
        if last or not isinstance(network, nn.parallel.DistributedDataParallel):
            return nullcontext()
        return network.no_sync()

    def parts(self, batch: int, accumulate: int) -> Sequence[slice]:
        """Return the parts of a batch that this process trains on, one after the other.

        Raises `InvalidOption` (``config-field``) where the batch cannot be shared evenly.
        """
        pieces = self.size * accumulate
        if batch % pieces:
            message = f"the field batch is {batch}, which {self.size} processes in {accumulate} parts cannot share"
            raise InvalidOption(message, code="config-field")
        length = batch // pieces
        first = self.rank * accumulate
        return [slice((first + part) * length, (first + part + 1) * length) for part in range(accumulate)]

    def barrier(self) -> None:
        """Wait for the other processes."""
        if self.size > 1:
            torch.distributed.barrier()

    def close(self) -> None:
        """End the communication of the processes."""
        if self.size > 1:
            torch.distributed.destroy_process_group()

    def broadcast_flag(self, value: bool) -> bool:
        """Return the value of the main process."""
        if self.size == 1:
            return value
        flag = torch.tensor([int(value)], device=self.device if self.device.type == "cuda" else "cpu")
        torch.distributed.broadcast(flag, 0)
        return bool(flag.item())
