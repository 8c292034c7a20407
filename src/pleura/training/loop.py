"""The training loop, top to bottom: batches in, checkpoints and a log out.

A run directory holds ``config.json``, ``versions.json``, ``cases.json`` (hashes of the images it learns from),
``log.jsonl``, ``losses.jsonl``, TensorBoard's events,
``last.safetensors`` (everything needed to go on), ``best.safetensors`` (the weights with the best validation),
``curves.png``, ``samples.png`` and ``report.json``. A run that was killed goes on
from the last validation, one that Ctrl-C or SIGTERM ended from its last step.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from pleura.datasets.manifest import manifest_hash
from pleura.errors import InvalidOption, PleuraError, UnsuitableInput
from pleura.labels import of_lungs
from pleura.networks.caches import MATPLOTLIB, TORCH, temporary_cache
from pleura.training import augment
from pleura.training.checkpoint import BEST, LAST, Progress, load_checkpoint, save, save_checkpoint
from pleura.training.config import TrainingConfig
from pleura.training.data import Batch, Sampler, with_convention_channel
from pleura.training.distributed import Distributed, choose_device, gains_from_bfloat16
from pleura.training.initial import find_weights, first_network
from pleura.training.load import label_names, load
from pleura.training.logger import RunLogger, check_same
from pleura.training.losses import Objective, make_objective
from pleura.training.stopping import signals_held_back
from pleura.training.validation import ValidationCase, prepare, validate


def learning_rate(step: int, config: TrainingConfig) -> float:
    """Return the rate at `step`: a straight rise over the warm-up, then half a cosine down to a hundredth, or flat."""
    if step < config.warmup:
        return config.learning_rate * (step + 1) / config.warmup
    if config.schedule == "constant":
        return config.learning_rate
    part = min((step - config.warmup) / max(config.steps - config.warmup, 1), 1.0)
    return config.learning_rate * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * part)))


def resolve_config(config: TrainingConfig) -> TrainingConfig:
    """Return the configuration with what follows from its data filled in, and paths that hold from any folder.

    What follows from the data are sets, labels and validation sets.

    Raises `InvalidOption` (``config-field``) where the loss does not fit the labels, and what `label_names` raises.
    """
    weights = config.weights or {"": 1.0}
    with _field("data"):
        manifest_hash(Path(config.data) / name for name in weights)
    validation = config.validation or tuple(name for name in weights if name == "" or not Path(name).is_absolute())
    labels = config.labels or label_names(Path(config.data), [*weights, *validation])
    if "bce" in config.loss.split("+") and len(labels) > 1:
        labels = ("lung",) if of_lungs(labels) else labels
        if len(labels) > 1:
            message = f"the field loss is {config.loss}, for one label; the data set has {', '.join(labels)}"
            raise InvalidOption(message, code="config-field")
    data = str(Path(config.data).absolute())
    start = str(Path(config.start).absolute()) if config.start and Path(config.start).exists() else config.start
    return dataclasses.replace(config, data=data, start=start, weights=weights, labels=labels, validation=validation)


@contextmanager
def _field(name: str) -> Iterator[None]:
    """Name a field of the configuration in the errors that come of it."""
    try:
        yield
    except PleuraError as problem:
        raise problem.within(f"the field {name}") from problem


Listener = Callable[[Progress, TrainingConfig, str], None]
"""Called with how far a run is, its settings, and what is being done beside its steps, "" at a step."""

LEAST_VALIDATIONS = 8
"""Validations of any run that is long enough: fewer points make no curve, and leave little to choose the best from."""


@temporary_cache(TORCH, MATPLOTLIB)
def train(config: TrainingConfig, run: Path, tell: Listener | None = None) -> Progress:
    """Train, or go on with, the run in the directory `run`; return how it ended.

    `tell` is called after each step, and while cases are read and validated. Raises `InvalidOption` (``config-field``,
    ``no-device``, ``run-differs``) and the reading errors.
    """
    tell = tell or (lambda _progress, _config, _doing: None)
    check_machine(config)
    config = resolve_config(config)
    with _field("loss"):
        objective = make_objective(config.loss, config.outputs)
    processes = Distributed(choose_device(config.device))
    processes.parts(config.batch, config.accumulate)
    sampler, cases = _read(config, tell)
    tell(Progress(), config, "making the network")
    config = with_length(config, sum(map(len, sampler.places.values())))
    if (run / LAST).exists():
        check_same(run, config)
    run.mkdir(parents=True, exist_ok=True)
    network = first_network(config).to(processes.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    ema = copy.deepcopy(network) if config.ema_decay else network
    optimiser = _optimiser(network, config)
    progress = load_checkpoint(run, network, ema, optimiser, sampler)
    logger = RunLogger(run, config, processes.is_main)
    shared = processes.wrap(network)

    try:
        while progress.step < config.steps and progress.validations_without_gain < config.patience:
            with signals_held_back():
                _advance(network, shared, ema, optimiser, objective, config, processes, sampler, progress, logger)
            tell(progress, config, "")
            if progress.step % config.validate_every and progress.step < config.steps:
                continue
            if processes.is_main:
                _validate_and_save(ema, cases, objective, config, progress, run, logger, processes.device, tell)
                save_checkpoint(run, network, ema, optimiser, sampler, progress)
            if processes.broadcast_flag(progress.validations_without_gain >= config.patience):
                progress.validations_without_gain = config.patience
            processes.barrier()
    except (KeyboardInterrupt, SystemExit):
        # of several processes each may be at another step; after the last one its validation is still to come
        if processes.size == 1 and 0 < progress.step < config.steps:
            save_checkpoint(run, network, ema, optimiser, sampler, progress)
        raise
    if processes.is_main:
        tell(progress, config, "drawing curves and samples")
        logger.close(ema, cases, progress, processes.device)
    processes.close()
    return progress


def check_machine(config: TrainingConfig) -> None:
    """Raise `PleuraError` where what does not depend on the data is wrong: loss, device or weights to start from."""
    with _field("loss"):
        make_objective(config.loss, 1 if "bce" in config.loss.split("+") else max(len(config.labels) + 1, 2))
    with _field("device"):
        choose_device(config.device)
    if config.start:
        find_weights(config.start)


def with_length(config: TrainingConfig, slices: int) -> TrainingConfig:
    """Return the configuration with its length in steps, for a number of training slices, and eight validations.

    Where that makes validations more frequent, as many more have to be without gain before the run stops.
    """
    epoch = math.ceil(slices / config.batch)
    steps = config.epochs * epoch or config.steps
    wanted = config.validate_every or epoch
    every = max(1, min(wanted, steps // LEAST_VALIDATIONS))
    patience = math.ceil(config.patience * wanted / every)
    return dataclasses.replace(config, steps=steps, validate_every=every, patience=patience)


def _read(config: TrainingConfig, tell: Listener) -> tuple[Sampler, list[ValidationCase]]:
    def reading(done: int, count: int) -> None:
        tell(Progress(), config, f"reading {done + 1} of {count} cases")

    root = Path(config.data)
    cases = [case for name in config.weights for case in load(root, name, "train", config.view, reading)]
    highest = max((int(case.labels[case.labels < 255].max(initial=0)) for case in cases), default=0)
    if highest > len(config.labels) and config.outputs > 1:
        message = f"the masks go up to {highest}, and labels names {len(config.labels)}: {', '.join(config.labels)}"
        raise UnsuitableInput(f"{message}; name them all in the field labels", code="label-unnamed")
    sampler = Sampler(cases, config.weights, config.seed, config.slices, emphasise=config.augment_probability > 0)
    held = [case for name in config.validation for case in load(root, name, "val", config.view, reading)]
    if not held:
        raise UnsuitableInput(
            "no case of the data set is in the split val, which chooses the weights; prepare two patients at least",
            code="empty-dataset",
        )
    return sampler, prepare(held, config)


def _optimiser(network: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    rate, decay = config.learning_rate, config.weight_decay
    if config.optimiser == "sgd":
        return torch.optim.SGD(network.parameters(), lr=rate, momentum=0.9, weight_decay=decay)
    if config.optimiser == "adam":
        return torch.optim.Adam(network.parameters(), lr=rate, weight_decay=decay)
    return torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=decay)


def _advance(
    network: nn.Module,
    shared: nn.Module,
    ema: nn.Module,
    optimiser: torch.optim.Optimizer,
    objective: Objective,
    config: TrainingConfig,
    processes: Distributed,
    sampler: Sampler,
    progress: Progress,
    logger: RunLogger,
) -> None:
    """Take one step on the next batch, with the rate that is due, and note it."""
    started = time.monotonic()
    for group in optimiser.param_groups:
        group["lr"] = learning_rate(progress.step, config)
    loss = _step(shared, optimiser, sampler.draw(config.batch), objective, config, processes, sampler)
    if config.ema_decay:
        _update_ema(ema, network, min(config.ema_decay, (1 + progress.step) / (20 + progress.step)))
    progress.loss = 0.98 * progress.loss + 0.02 * loss if progress.step else loss
    progress.step += 1
    progress.seconds += time.monotonic() - started
    logger.note_loss(progress.step, loss)


def _step(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    objective: Objective,
    config: TrainingConfig,
    processes: Distributed,
    sampler: Sampler,
) -> float:
    """Take one step of the optimiser; return the loss of this process's part of the batch."""
    params = augment.draw(sampler.rng, batch, config.augment_probability, config.window, of_lungs(config.labels))
    network.train()
    optimiser.zero_grad(set_to_none=True)
    parts = processes.parts(config.batch, config.accumulate)
    total = 0.0
    for part in parts:
        own = Batch(batch.images[part], batch.labels[part], batch.cases[part], batch.sides[part])
        images, labels = augment.apply(params[part], own, max(len(config.labels), 2))
        images = with_convention_channel(images, [config.convention_value(case.source) for case in own.cases])
        with _precision(processes.device, config):
            scores = network(images.to(processes.device, memory_format=torch.channels_last))
        sides = torch.from_numpy(own.sides).to(processes.device)
        loss = objective(scores.float(), labels.to(processes.device), sides) / len(parts)
        loss.backward()  # type: ignore[no-untyped-call]
        total += loss.item()
    if config.augment_probability:
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    return total


def _precision(device: torch.device, config: TrainingConfig) -> torch.autocast:
    """Return the context in which the network of `config` runs."""
    enabled = config.precision == "auto" and gains_from_bfloat16(device)
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


@torch.no_grad()
def _update_ema(ema: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the running average a little towards the network, statistics of the normalisation included."""
    for slow, fast in zip(ema.state_dict().values(), network.state_dict().values(), strict=True):
        if slow.is_floating_point():
            slow.lerp_(fast, 1.0 - decay)
        else:
            slow.copy_(fast)


def scorer(network: nn.Module, device: torch.device, config: TrainingConfig) -> Callable[[Tensor], Tensor]:
    """Return a function from images (n, c, h, w) to scores, in eval mode and the precision of the run."""
    network.eval()

    def score(images: Tensor) -> Tensor:
        with _precision(device, config), torch.inference_mode():
            scores: Tensor = network(images.to(device, memory_format=torch.channels_last))
        return scores

    return score


def _validate_and_save(
    ema: nn.Module,
    cases: list[ValidationCase],
    objective: Objective,
    config: TrainingConfig,
    progress: Progress,
    run: Path,
    logger: RunLogger,
    device: torch.device,
    tell: Listener,
) -> None:
    """Validate, log, and keep the weights where they are the best so far."""

    def validating(done: int, count: int) -> None:
        tell(progress, config, f"validating {done + 1} of {count} cases")

    each = not of_lungs(config.labels)
    result = validate(scorer(ema, device, config), cases, objective, each, validating)
    best = progress.best
    gain = best.get("val_loss", math.inf) - result["val_loss"]
    if config.choose == "dice":
        gain = result["score"] - best.get("score", -1.0)
    progress.validations_without_gain = 0 if gain > 0 else progress.validations_without_gain + 1
    if gain > 0:
        progress.best = {**result, "step": progress.step}
        save(run / BEST, ema.state_dict())
    logger.write(progress, result)
