"""What a run keeps so that it can be killed at any moment: weights, optimiser, random state and progress, in one file.

Files are written under another name and moved into place when they are whole, so there is always a whole one.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import safetensors.torch
import torch
from safetensors import safe_open
from torch import Tensor, nn

from pleura.files import atomic_write
from pleura.training.sampler import Sampler

LAST, BEST = "last.safetensors", "best.safetensors"


@dataclass
class Progress:
    """How far a run is.

    Attributes
    ----------
    step : steps done
    loss : running mean of the training loss
    validations_without_gain : validations since the best one
    seconds : spent on the steps, validation left out
    best : the best validation, with its step
    """

    step: int = 0
    loss: float = 0.0
    validations_without_gain: int = 0
    seconds: float = 0.0
    best: dict[str, float] = field(default_factory=dict)


def save(path: Path, tensors: dict[str, Tensor], meta: dict[str, str] | None = None) -> None:
    """Write a safetensors file; an earlier one is replaced when the new one is whole."""
    copies = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    with atomic_write(path) as file:
        file.write(safetensors.torch.save(copies, meta))


def save_checkpoint(
    run: Path,
    network: nn.Module,
    ema: nn.Module,
    optimiser: torch.optim.Optimizer,
    sampler: Sampler,
    progress: Progress,
) -> None:
    """Write everything needed to go on into the run directory."""
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    tensors |= {f"ema.{name}": value for name, value in ema.state_dict().items()}
    for index, state in optimiser.state_dict()["state"].items():
        found = {name: value for name, value in state.items() if isinstance(value, Tensor)}
        tensors |= {f"optimiser.{index}.{name}": value for name, value in found.items()}
    meta = {"progress": json.dumps(asdict(progress)), "sampler": json.dumps(sampler.state)}
    save(run / LAST, tensors, meta)


def load_checkpoint(
    run: Path, network: nn.Module, ema: nn.Module, optimiser: torch.optim.Optimizer, sampler: Sampler
) -> Progress:
    """Load what `save_checkpoint` wrote, where there is any; return the progress."""
    path = run / LAST
    if not path.exists():
        return Progress()
    with safe_open(path, "pt") as file:
        tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        meta = file.metadata()
    for part, module in (("network", network), ("ema", ema)):
        prefix = f"{part}."
        own = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        module.load_state_dict(own)
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimiser."):
            _, index, key = name.split(".", 2)
            state.setdefault(int(index), {})[key] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    sampler.state = json.loads(meta["sampler"])
    return Progress(**json.loads(meta["progress"]))
