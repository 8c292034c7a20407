"""The training loop, top to bottom: batches in, checkpoints and a log out.

A run directory holds ``config.json``, ``versions.json``, ``cases.json`` (hashes of the images it learns from),
``log.jsonl``, ``losses.jsonl``, TensorBoard's events,
``last.safetensors`` (everything needed to go on), ``best.safetensors`` (the weights with the best validation),
``curves.png``, ``samples.png`` and ``report.json``. A run that was killed goes on
from the last validation, one that Ctrl-C or SIGTERM ended from its last step.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from pleura.errors import UnsuitableInput
from pleura.files import make_folder
from pleura.labels import of_lungs
from pleura.networks.caches import MATPLOTLIB, TORCH, temporary_cache
from pleura.training import augment
from pleura.training.checkpoint import BEST, LAST, Progress, load_checkpoint, save, save_checkpoint
from pleura.training.config import TrainingConfig
from pleura.training.data import with_convention_channel
from pleura.training.distributed import Distributed, choose_device, gains_from_bfloat16
from pleura.training.initial import first_network
from pleura.training.load import load
from pleura.training.logger import RunLogger, check_same
from pleura.training.losses import Objective, make_objective
from pleura.training.resolve import check_machine, in_field, resolve_config, with_length
from pleura.training.sampler import Batch, Sampler
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


Listener = Callable[[Progress, TrainingConfig, str], None]
"""Called with how far a run is, its settings, and what is being done beside its steps, "" at a step."""


@dataclass
class Run:
    """A run while it goes on: what it works with, and what its steps change.

    Attributes
    ----------
    folder, config : where it is kept, and what decides it
    network : whose weights are trained; `parallel` is the same, its gradients averaged over the processes
    ema : the moving average of the network's weights, or the network itself where the configuration has none
    cases : what validation sees
    """

    folder: Path
    config: TrainingConfig
    processes: Distributed
    objective: Objective
    sampler: Sampler
    cases: list[ValidationCase]
    network: nn.Module
    parallel: nn.Module
    ema: nn.Module
    optimiser: torch.optim.Optimizer
    progress: Progress
    logger: RunLogger

    def save(self) -> None:
        """Write everything needed to go on from here."""
        save_checkpoint(self.folder, self.network, self.ema, self.optimiser, self.sampler, self.progress)


@temporary_cache(TORCH, MATPLOTLIB)
def train(config: TrainingConfig, folder: Path, tell: Listener | None = None) -> Progress:
    """Train, or go on with, the run in a folder; return how it ended.

    `tell` is called after each step, and while cases are read and validated. Raises `InvalidOption` (``config-field``,
    ``no-device``, ``run-differs``) and the reading errors.
    """
    tell = tell or (lambda _progress, _config, _doing: None)
    check_machine(config)  # what is wrong without a look at the data is said before minutes of reading them
    run = _begin(resolve_config(config), folder, tell)
    config, progress, processes = run.config, run.progress, run.processes

    try:
        while progress.step < config.steps and progress.validations_without_gain < config.patience:
            # a signal within a step would leave weights, optimiser and random state of different steps
            with signals_held_back():
                _advance(run)
            tell(progress, config, "")
            if progress.step % config.validate_every and progress.step < config.steps:
                continue
            if processes.is_main:
                _validate_and_save(run, tell)
                run.save()  # after the best weights: a kill between the two repeats this validation and loses nothing
            # the main process alone knows the result; the others would else wait for a step that it does not take
            if processes.broadcast_flag(progress.validations_without_gain >= config.patience):
                progress.validations_without_gain = config.patience
            processes.barrier()
    except (KeyboardInterrupt, SystemExit):
        # of several processes each may be at another step; after the last one its validation is still to come
        if processes.size == 1 and 0 < progress.step < config.steps:
            run.save()
        raise
    if processes.is_main:
        tell(progress, config, "drawing curves and samples")
        run.logger.close(run.ema, run.cases, progress, processes.device)
    processes.close()
    return progress


def _begin(config: TrainingConfig, folder: Path, tell: Listener) -> Run:
    """Return the run at its first step, or where its last checkpoint left it."""
    with in_field("loss"):
        objective = make_objective(config.loss, config.outputs)
    processes = Distributed(choose_device(config.device))
    processes.parts(config.batch, config.accumulate)  # raises where the batch cannot be shared
    sampler, cases = _read(config, tell)
    tell(Progress(), config, "making the network")
    config = with_length(config, sum(map(len, sampler.slices_of.values())))
    if (folder / LAST).exists():
        check_same(folder, config)
    make_folder(folder)
    # channels last: convolutions of GPUs and of oneDNN want them so, and would else copy at every layer
    network = first_network(config).to(processes.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    ema = copy.deepcopy(network) if config.ema_decay else network
    optimiser = _optimiser(network, config)
    return Run(
        folder=folder,
        config=config,
        processes=processes,
        objective=objective,
        sampler=sampler,
        cases=cases,
        network=network,
        ema=ema,
        optimiser=optimiser,
        progress=load_checkpoint(folder, network, ema, optimiser, sampler),
        logger=RunLogger(folder, config, processes.is_main),
        parallel=processes.wrap(network),  # after the weights are loaded: wrapping sends those of the main process
    )


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


def _advance(run: Run) -> None:
    """Take one step on the next batch, with the rate that is due, and note it."""
    config, progress = run.config, run.progress
    started = time.monotonic()
    for group in run.optimiser.param_groups:
        group["lr"] = learning_rate(progress.step, config)
    loss = _step(run, run.sampler.draw(config.batch))
    if config.ema_decay:
        # a young average must forget its random start: at step s it spans the last (20 + s) / 19 steps, a twentieth
        # of the run so far, until that reaches the 1 / (1 - ema_decay) steps of the configuration
        _update_ema(run.ema, run.network, min(config.ema_decay, (1 + progress.step) / (20 + progress.step)))
    # for people to watch: a mean over some 1 / 0.02 = 50 steps, as the loss of one batch jumps about
    progress.loss = 0.98 * progress.loss + 0.02 * loss if progress.step else loss
    progress.step += 1
    progress.seconds += time.monotonic() - started
    run.logger.note_loss(progress.step, loss)


def _step(run: Run, batch: Batch) -> float:
    """Take one step of the optimiser; return the loss of this process's part of the batch."""
    config, device = run.config, run.processes.device
    # drawn for the whole batch in every process: random state and checkpoint do not depend on how many there are
    params = augment.draw(run.sampler.rng, batch, config.augment_probability, config.window, of_lungs(config.labels))
    run.parallel.train()
    run.optimiser.zero_grad(set_to_none=True)
    parts = run.processes.parts(config.batch, config.accumulate)
    total = 0.0
    for part in parts:
        own = Batch(batch.images[part], batch.labels[part], batch.cases[part], batch.sides[part])
        images, labels = augment.apply(params[part], own, max(len(config.labels), 2))
        images = with_convention_channel(images, [config.convention_value(case.source) for case in own.cases])
        sides = torch.from_numpy(own.sides).to(device)
        with run.processes.averaging(run.parallel, last=part == parts[-1]):
            with _precision(device, config):
                scores = run.parallel(images.to(device, memory_format=torch.channels_last))
            # float32, because a sum in bfloat16, of 8 bits, stands still at 256 pixels; and each part counts its share
            loss = run.objective(scores.float(), labels.to(device), sides) / len(parts)
            loss.backward()  # type: ignore[no-untyped-call]
        total += loss.item()  # waits for the device
    if config.augment_probability:
        # chosen, not measured; it bounds the step that one odd sample makes, which plain recipes do not have
        nn.utils.clip_grad_norm_(run.parallel.parameters(), 1.0)
    run.optimiser.step()
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


def _validate_and_save(run: Run, tell: Listener) -> None:
    """Validate, log, and save the weights where they are the best so far."""
    config, progress = run.config, run.progress

    def validating(done: int, count: int) -> None:
        tell(progress, config, f"validating {done + 1} of {count} cases")

    each = not of_lungs(config.labels)
    network = scorer(run.ema, run.processes.device, config)
    result = validate(network, run.cases, run.objective, each, validating)
    best = progress.best
    gain = best.get("val_loss", math.inf) - result["val_loss"]
    if config.choose == "dice":
        gain = result["score"] - best.get("score", -1.0)  # the first counts as a gain even with a Dice of 0
    progress.validations_without_gain = 0 if gain > 0 else progress.validations_without_gain + 1
    if gain > 0:
        progress.best = {**result, "step": progress.step}
        save(run.folder / BEST, run.ema.state_dict())
    run.logger.write(progress, result)
