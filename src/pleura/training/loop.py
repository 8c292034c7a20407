"""The training loop, top to bottom: batches in, checkpoints and a log of JSON lines out.

A run directory holds ``config.json``, ``log.jsonl``, ``last.safetensors`` (everything needed to go on),
and ``best.safetensors`` (the averaged weights with the best validation score). A run that stopped at any moment goes
on from the last validation.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import time
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from pleura.networks.unet import UNet
from pleura.training import augmentation
from pleura.training.config import TrainingConfig
from pleura.training.data import Batch, Sampler
from pleura.training.losses import segmentation_loss
from pleura.training.sources import load
from pleura.training.validation import prepare, validate


def build(config: TrainingConfig) -> UNet:
    """Return the network of `config` with fresh weights."""
    return UNet(in_channels=3, classes=3, widths=config.widths, depths=config.depths, shuffle=config.shuffle)


def learning_rate(step: int, config: TrainingConfig) -> float:
    """Return the rate at `step`: a straight rise over the warm-up, then half a cosine down to a hundredth."""
    if step < config.warmup:
        return config.learning_rate * (step + 1) / config.warmup
    part = min((step - config.warmup) / max(config.steps - config.warmup, 1), 1.0)
    return config.learning_rate * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * part)))


def train(config: TrainingConfig, run: Path) -> dict[str, float]:
    """Train, or go on with, the run in the directory `run`; return the best validation."""
    run.mkdir(parents=True, exist_ok=True)
    (run / "config.json").write_text(json.dumps(dataclasses.asdict(config), indent=1))
    torch.manual_seed(config.seed)
    root = Path(config.data)
    sampler = Sampler(
        [case for name in config.weights for case in load(root, name, "train")], config.weights, config.seed
    )
    sheets = prepare([case for name in config.validation for case in load(root, name, "val")])

    network = build(config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if config.start:
        network.load_state_dict(load_file(config.start))
    average = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=config.weight_decay)
    progress = _resume(run, network, average, optimiser, sampler)

    started = time.monotonic()
    while progress["step"] < config.steps and progress["stale"] < config.patience:
        step = progress["step"]
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, config)
        batch = sampler.draw(config.batch)
        loss = _step(network, optimiser, batch, augmentation.draw(sampler.rng, batch, config.strength))
        _follow(average, network, min(config.average, (1 + step) / (20 + step)))
        progress["step"] = step + 1
        progress["loss"] = 0.98 * progress["loss"] + 0.02 * loss if step else loss
        if progress["step"] % config.validate_every and progress["step"] < config.steps:
            continue
        result = validate(average, sheets)
        better = result["score"] > progress["best"]["score"]
        progress["stale"] = 0 if better else progress["stale"] + 1
        if better:
            progress["best"] = {**result, "step": progress["step"]}
            _save(run / "best.safetensors", average.state_dict())
        _log(run, {"step": step + 1, "loss": progress["loss"], "seconds": time.monotonic() - started, **result})
        _keep(run, network, average, optimiser, sampler, progress)
    best: dict[str, float] = progress["best"]
    return best


def _step(
    network: nn.Module, optimiser: torch.optim.Optimizer, batch: Batch, changes: list[augmentation.Change]
) -> float:
    """Take one step of the optimiser; return the loss."""
    images, labels = augmentation.apply(changes, batch)
    network.train()
    with torch.autocast("cpu", torch.bfloat16):
        scores = network(images.to(memory_format=torch.channels_last))
    loss = segmentation_loss(scores.float(), labels, torch.from_numpy(batch.sides))
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    return loss.item()


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the running average a little towards the network, statistics of the normalisation included."""
    for slow, fast in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if slow.is_floating_point():
            slow.lerp_(fast, 1.0 - decay)
        else:
            slow.copy_(fast)


def _keep(
    run: Path,
    network: nn.Module,
    average: nn.Module,
    optimiser: torch.optim.Optimizer,
    sampler: Sampler,
    progress: dict[str, Any],
) -> None:
    """Write everything needed to go on, all in one file, moved into place when it is whole."""
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in average.state_dict().items()}
    for index, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{name}": value for name, value in state.items()}
    chance = {"sampler": sampler.rng.bit_generator.state}
    _save(run / "last.safetensors", tensors, {"progress": json.dumps(progress), "chance": json.dumps(chance)})


def _resume(
    run: Path, network: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer, sampler: Sampler
) -> dict[str, Any]:
    """Load what `_keep` wrote, where there is any; return the progress."""
    from safetensors import safe_open

    path = run / "last.safetensors"
    if not path.exists():
        return {"step": 0, "loss": 0.0, "stale": 0, "best": {"score": -1.0}}
    with safe_open(path, "pt") as file:
        tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        meta = file.metadata()
    for part, module in (("network", network), ("average", average)):
        module.load_state_dict(
            {name.split(".", 1)[1]: value for name, value in tensors.items() if name.startswith(part)}
        )
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimiser."):
            _, index, key = name.split(".", 2)
            state.setdefault(int(index), {})[key] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    sampler.rng.bit_generator.state = json.loads(meta["chance"])["sampler"]
    progress: dict[str, Any] = json.loads(meta["progress"])
    return progress


def _save(path: Path, tensors: dict[str, Tensor], meta: dict[str, str] | None = None) -> None:
    new = path.with_name(path.name + ".part")
    save_file({name: value.contiguous() for name, value in tensors.items()}, new, meta)
    new.replace(path)


def _log(run: Path, row: dict[str, float]) -> None:
    with (run / "log.jsonl").open("a") as file:
        file.write(json.dumps({key: round(value, 5) for key, value in row.items()}) + "\n")
